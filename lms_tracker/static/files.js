// Says at once, before anything is sent, that chosen files are too many or too large: what was typed beside them stays.
(function () {
  "use strict";
  document.querySelectorAll("input[type=file][data-each]").forEach(function (input) {
    var data = input.dataset, said = document.getElementById(data.said);

    function look() {
      var files = Array.from(input.files), large = files.find(function (file) { return file.size > Number(data.each); });
      var fault = files.length > Number(data.most) ? data.many
        : large ? data.large.replace("{name}", large.name).replace("{mb}", (large.size / 1048576).toFixed(1)) : "";
      input.setCustomValidity(fault);
      said.textContent = fault;
      said.hidden = !fault;
    }

    input.addEventListener("change", look);
    look();
  });
})();
