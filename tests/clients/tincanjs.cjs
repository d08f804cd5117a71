// What a content package does with TinCanJS. `node tincanjs.cjs WHAT`; endpoint, key and secret come by the environment.
const assert = require("node:assert/strict");
const { randomUUID } = require("node:crypto");
const TinCan = require("tincanjs");

TinCan.DEBUG = false;
const lrs = new TinCan.LRS({
    endpoint: process.env.LRS_ENDPOINT,
    username: process.env.LRS_KEY,
    password: process.env.LRS_SECRET,
    version: "1.0.2", // the newest that it speaks
});

/** The answer of one call; `refused` is the status that is expected where it fails. */
function ask(call, refused) {
    return new Promise((resolve, reject) => {
        call((err, result) => {
            if (refused) return err === refused ? resolve(result) : reject(new Error(`${err} is not ${refused}`));
            return err === null ? resolve(result) : reject(new Error(`${err}: ${result && result.responseText}`));
        });
    });
}

const PLAYED = "https://w3id.org/xapi/video/verbs/played";

function statement(changes = {}) {
    return new TinCan.Statement({
        actor: { mbox: "mailto:li@example.org", name: "李" },
        verb: { id: PLAYED, display: { "zh-CN": "播放" } },
        object: { id: "https://example.org/videos/1", definition: { name: { en: "One" } } },
        ...changes,
    });
}

const does = {
    async statements() {
        const sent = statement({ result: { score: { scaled: 0.5 }, duration: "PT1M" } });
        await ask((callback) => lrs.saveStatement(sent, { callback }));
        const back = await ask((callback) => lrs.retrieveStatement(sent.id, { callback }));
        assert.equal(back.actor.name, "李");
        assert.equal(back.result.score.scaled, 0.5);
        assert.ok(back.stored && back.authority);
        const many = [statement(), statement({ id: null })];
        const saved = await ask((callback) => lrs.saveStatements(many, { callback }));
        assert.equal(JSON.parse(saved.responseText).length, 2);
        const other = statement({ id: sent.id, object: { id: "https://example.org/videos/2" } });
        await ask((callback) => lrs.saveStatement(other, { callback }), 409);
    },

    async queries() {
        const agent = new TinCan.Agent({ account: { homePage: "https://example.org", name: randomUUID() } });
        const registration = randomUUID();
        const sent = [1, 2, 3, 4, 5].map((n) =>
            statement({ actor: agent, verb: { id: n === 5 ? `${PLAYED}/5` : PLAYED }, context: { registration } }),
        );
        for (const one of sent) await ask((callback) => lrs.saveStatement(one, { callback }));
        const ids = sent.map((one) => one.id);
        for (const filter of [{ agent }, { registration }, { agent, activity: new TinCan.Activity({ id: sent[0].target.id }) }]) {
            const params = { ...filter, limit: 2, ascending: true };
            let page = await ask((callback) => lrs.queryStatements({ params, callback }));
            const found = page.statements.map((one) => one.id);
            while (page.more) {
                page = await ask((callback) => lrs.moreStatements({ url: page.more, callback }));
                found.push(...page.statements.map((one) => one.id));
            }
            assert.deepEqual(found, ids);
        }
        const verb = new TinCan.Verb({ id: `${PLAYED}/5` });
        const params = { agent, verb, related_agents: true, format: "ids" };
        const last = await ask((callback) => lrs.queryStatements({ params, callback }));
        assert.deepEqual(last.statements.map((one) => one.id), [ids[4]]);
    },

    async voiding() {
        const sent = statement();
        await ask((callback) => lrs.saveStatement(sent, { callback }));
        const voiding = new TinCan.Statement({
            actor: { mbox: "mailto:wang@example.org" },
            verb: { id: "http://adlnet.gov/expapi/verbs/voided" },
            object: { objectType: "StatementRef", id: sent.id },
        });
        await ask((callback) => lrs.saveStatement(voiding, { callback }));
        await ask((callback) => lrs.retrieveStatement(sent.id, { callback }), 404);
        const voided = await ask((callback) => lrs.retrieveVoidedStatement(sent.id, { callback }));
        assert.equal(voided.id, sent.id);
    },

    async documents() {
        const agent = new TinCan.Agent({ mbox: "mailto:li@example.org" });
        const activity = new TinCan.Activity({ id: `https://example.org/${randomUUID()}` });
        const json = { contentType: "application/json" };
        await ask((callback) => lrs.saveState("书签", { at: 12 }, { agent, activity, ...json, callback }));
        const state = await ask((callback) => lrs.retrieveState("书签", { agent, activity, callback }));
        assert.deepEqual(state.contents, { at: 12 });
        assert.deepEqual(await ask((callback) => lrs.retrieveStateIds({ agent, activity, callback })), ["书签"]);
        await ask((callback) => lrs.dropState(null, { agent, activity, callback }));
        assert.equal(await ask((callback) => lrs.retrieveState("书签", { agent, activity, callback })), null);

        const key = randomUUID();
        for (const [save, retrieve, drop, of] of [
            ["saveActivityProfile", "retrieveActivityProfile", "dropActivityProfile", { activity }],
            ["saveAgentProfile", "retrieveAgentProfile", "dropAgentProfile", { agent }],
        ]) {
            await ask((callback) => lrs[save](key, { a: 1 }, { ...of, ...json, callback }));
            const first = await ask((callback) => lrs[retrieve](key, { ...of, callback }));
            assert.deepEqual(first.contents, { a: 1 });
            await ask((callback) => lrs[save](key, { a: 2 }, { ...of, ...json, callback }), 412);
            const lastSHA1 = first.etag;
            await ask((callback) => lrs[save](key, { a: 2 }, { ...of, ...json, lastSHA1, callback }));
            const second = await ask((callback) => lrs[retrieve](key, { ...of, callback }));
            assert.deepEqual(second.contents, { a: 2 });
            await ask((callback) => lrs[drop](key, { ...of, callback }));
        }
    },

    async attachments() {
        const content = new TextEncoder().encode("证书 \r\n--x\r\n").buffer;
        const attachment = {
            usageType: "https://example.org/certificate",
            display: { en: "certificate" },
            contentType: "text/plain; charset=utf-8",
            content,
        };
        const sent = statement({ attachments: [attachment] });
        await ask((callback) => lrs.saveStatement(sent, { callback }));
        const params = { attachments: true };
        const back = await ask((callback) => lrs.retrieveStatement(sent.id, { params, callback }));
        assert.equal(back.attachments[0].sha2, sent.attachments[0].sha2);
        assert.deepEqual(Buffer.from(back.attachments[0].content), Buffer.from(content));
    },

    async about() {
        const about = await ask((callback) => lrs.about({ callback }));
        assert.ok(about.version.includes("1.0.2"));
    },
};

does[process.argv[2]]().catch((error) => {
    console.error(error);
    process.exitCode = 1;
});
