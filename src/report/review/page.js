"use strict";
// Owned by the page: hover, zoom, toggles, sorting and downloads. Without it everything is still there to read.
document.documentElement.classList.add("scripted");
