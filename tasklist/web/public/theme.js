// Runs before the first paint, so that a dark page never flashes white.
(function () {
  try {
    var kept = JSON.parse(localStorage.getItem("baton.preferences") || "{}");
    if (kept.theme === "light" || kept.theme === "dark") document.documentElement.dataset.theme = kept.theme;
    if (kept.density) document.documentElement.dataset.density = kept.density;
  } catch (problem) {
    // what cannot be read is as good as nothing chosen
  }
})();
