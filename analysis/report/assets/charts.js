// Where a chart is wider than the screen, its middle is looked at first.
"use strict";
for (const wide of document.querySelectorAll(".chart .wide.middle")) {
  wide.scrollLeft = (wide.scrollWidth - wide.clientWidth) / 2;
}
