// The sum of the chosen levels while somebody chooses. The server adds up by itself.
(function () {
  "use strict";
  var rubric = document.querySelector("[data-rubric]");
  if (!rubric) return;
  var out = rubric.querySelector("[data-sum]");

  function add() {
    var sum = 0, most = 0, lacking = 0;
    rubric.querySelectorAll("fieldset").forEach(function (one) {
      var levels = Array.from(one.querySelectorAll("input[type=radio]"));
      var chosen = levels.find(function (level) { return level.checked; });
      most += Math.max.apply(null, levels.map(function (level) { return Number(level.dataset.points); }));
      if (chosen) sum += Number(chosen.dataset.points); else lacking += 1;
    });
    var mark = Math.round(sum / most * 10000) / 100;
    out.textContent = lacking ? sum + " / " + most + " …" : sum + " / " + most + " → " + mark;
  }

  rubric.addEventListener("change", add);
  add();
})();
