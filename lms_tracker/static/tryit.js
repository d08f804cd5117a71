// The page /admin/api, made from the OpenAPI document: what can be asked, and forms that ask it. All texts come from
// the document and from the page's templates. The key stays in the form: it is kept nowhere.
(function () {
  "use strict";
  const place = document.getElementById("operations");
  if (!place) return;
  const keys = document.getElementById("keys");
  const VERSION = "X-Experience-API-Version";
  const HIDDEN = [VERSION, "cursor"]; // the version stands above; nobody makes up a cursor
  keys.addEventListener("submit", (event) => event.preventDefault());

  function copy(id) {
    return document.getElementById(id).content.firstElementChild.cloneNode(true);
  }

  function make(tag, text, more) {
    return Object.assign(document.createElement(tag), { textContent: text }, more);
  }

  function pretty(value) {
    return typeof value === "string" ? value : JSON.stringify(value, null, 2);
  }

  function start(spec) {
    const find = (node) =>
      node && node.$ref ? find(node.$ref.slice(2).split("/").reduce((at, step) => at[step.replace(/~1/g, "/")], spec)) : node;
    const base = spec.servers[0].url;
    spec.tags.forEach((tag) => {
      const group = copy("group");
      group.querySelector("h2").textContent = tag.description;
      Object.entries(spec.paths).forEach(([path, operations]) =>
        Object.entries(operations)
          .filter(([method, operation]) => operation.tags[0] === tag.name && method !== "head")
          .forEach(([method, operation]) => group.append(show(base, path, method, operation, find)))
      );
      place.append(group);
    });
    open(location.hash.slice(1));
  }

  function open(id) {
    const wanted = id && document.getElementById(id);
    if (wanted && wanted.matches(".op")) wanted.open = true;
  }

  function show(base, path, method, operation, find) {
    const box = copy("operation");
    const $ = (selector) => box.querySelector(selector);
    box.id = operation.operationId;
    $(".method").textContent = method.toUpperCase();
    $(".method").classList.add("m-" + method);
    $(".path").textContent = base + path;
    $(".words").textContent = operation.summary;
    $(".headers").hidden = method !== "get";
    $(".about").textContent = operation.description || "";
    const scopes = operation.security.map((one) => one.basic.join(" "));
    $(".scopes").hidden = scopes.length === 0;
    $(".scopes span").textContent = scopes.join(", ");
    const inputs = operation.parameters.filter((p) => !HIDDEN.includes(p.name)).map((p) => input(p, find));
    $(".inputs").append(...inputs.map((one) => one.label));
    const body = operation.requestBody && bodyOf(box, find(operation.requestBody));
    const answers = Object.entries(operation.responses).map(([status, one]) => [status, find(one).description]);
    answers.forEach(([status, words]) => $(".answers").append(make("dt", status), make("dd", words)));
    $("form").addEventListener("submit", (event) => {
      event.preventDefault();
      const asked = $(".headers input").checked ? "HEAD" : method.toUpperCase();
      send(box, base + path, asked, inputs, body, Object.fromEntries(answers));
    });
    return box;
  }

  function input(parameter, find) {
    const asJson = parameter.content && parameter.content["application/json"];
    const schema = find(asJson ? asJson.schema : parameter.schema);
    const example = asJson ? asJson.example : parameter.example;
    const choices = schema.type === "boolean" ? ["true", "false"] : schema.enum;
    const field = make(choices ? "select" : asJson ? "textarea" : "input", "");
    const text = example === undefined ? "" : asJson ? JSON.stringify(example) : String(example);
    if (choices) field.append(...["", ...choices].map((choice) => make("option", choice)));
    else field.placeholder = text;
    if (asJson) field.rows = 2;
    field.spellcheck = false;
    field.name = parameter.name;
    field.required = Boolean(parameter.required);
    if (field.required) field.value = text;
    const label = copy("input");
    label.querySelector(".name").textContent = parameter.name;
    label.querySelector(".must").hidden = !field.required;
    label.querySelector("small").textContent = parameter.description;
    label.append(field);
    return { label, field, where: parameter.in };
  }

  function bodyOf(box, described) {
    const form = box.querySelector("form");
    const kinds = Object.entries(described.content).filter(([kind]) => !kind.startsWith("multipart/"));
    const [, first] = kinds[0];
    const examples = Object.values(first.examples || { one: { summary: "", value: first.example } });
    form.querySelector(".body").hidden = false;
    form.querySelector(".example").hidden = examples.length < 2;
    form.querySelector(".kind").hidden = kinds.length < 2;
    form.elements.kind.append(...kinds.map(([kind]) => make("option", kind)));
    form.elements.example.append(...examples.map((one, i) => make("option", one.summary, { value: i })));
    const fill = () => { form.elements.body.value = pretty(examples[form.elements.example.value || 0].value); };
    form.elements.example.addEventListener("change", fill);
    fill();
    return () => ({ kind: form.elements.kind.value, text: form.elements.body.value });
  }

  function encoded(text) {
    return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(""));
  }

  async function send(box, address, method, inputs, body, meanings) {
    const given = inputs.filter((one) => one.field.value !== "");
    const query = new URLSearchParams(given.filter((one) => one.where === "query").map((one) => [one.field.name, one.field.value]));
    const headers = { [VERSION]: keys.elements.version.value };
    given.filter((one) => one.where === "header").forEach((one) => { headers[one.field.name] = one.field.value; });
    const sent = body && body();
    if (sent) headers["Content-Type"] = sent.kind;
    const url = address + (String(query) ? "?" + query : "");
    const command = curl(location.origin + url, method, headers, sent);
    if (keys.elements.key.value) headers.Authorization = "Basic " + encoded(keys.elements.key.value + ":" + keys.elements.secret.value);
    const button = box.querySelector("button");
    button.disabled = true;
    const began = performance.now();
    try {
      // No cookies: the key alone counts, and the browser asks for no password of its own.
      const answer = await fetch(url, { method, headers, body: sent && sent.text, credentials: "omit", cache: "no-store" });
      const text = await answer.text();
      const took = Math.round(performance.now() - began) + " ms";
      tell(box, answer.ok, answer.status + " " + answer.statusText, took, meanings[answer.status] || "", text, [...answer.headers], command);
    } catch (error) {
      tell(box, false, "—", String(error.message), place.dataset.failed, "", [], command);
    }
    button.disabled = false;
  }

  function tell(box, good, status, took, meaning, text, headers, command) {
    const answer = box.querySelector(".answer");
    const $ = (selector) => answer.querySelector(selector);
    answer.hidden = false;
    answer.classList.toggle("good", good);
    answer.classList.toggle("bad", !good);
    $(".code").textContent = status;
    $(".took").textContent = took;
    $(".meaning").textContent = meaning;
    $(".got").textContent = text === "" ? place.dataset.none : indented(text);
    $(".heads").replaceChildren(...headers.flatMap(([name, value]) => [make("dt", name), make("dd", value)]));
    $(".curl").textContent = command;
  }

  function indented(text) {
    try { return JSON.stringify(JSON.parse(text), null, 2); } catch (error) { return text; }
  }

  function curl(url, method, headers, sent) {
    const quote = (text) => "'" + text.replace(/'/g, "'\\''") + "'";
    const lines = ["curl " + (method === "HEAD" ? "--head" : "-X " + method) + " -u KEY:SECRET " + quote(url)];
    Object.entries(headers).forEach(([name, value]) => lines.push("  -H " + quote(name + ": " + value)));
    if (sent) lines.push("  --data-binary " + quote(sent.text));
    return lines.join(" \\\n");
  }

  window.addEventListener("hashchange", () => open(location.hash.slice(1)));
  fetch(place.dataset.document)
    .then((answer) => answer.json())
    .then(start)
    .catch((error) => place.append(make("p", place.dataset.failed + " " + error.message, { className: "fault" })));
})();
