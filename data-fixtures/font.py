"""Cuts DejaVu Sans down to the letters that plots need: Latin, Greek, Cyrillic, digits, signs.

python data-fixtures/font.py DejaVuSans.ttf crates/mis-eval/fonts/DejaVuSans-subset.ttf
Run with fonttools 4.68.0 on DejaVu Sans 2.35, as matplotlib brings it.
"""

import sys

from fontTools import subset

source, target = sys.argv[1:]
options = subset.Options(hinting=False, layout_features=["kern", "mark", "ccmp"], notdef_outline=True)
options.recalc_timestamp = False
font = subset.load_font(source, options)
cut = subset.Subsetter(options)
blocks = [(0x20, 0x7E), (0xA0, 0x17F), (0x370, 0x3FF), (0x400, 0x45F), (0x2010, 0x2026), (0x2030, 0x2033),
          (0x2070, 0x209C), (0x2190, 0x2195), (0x2200, 0x2265)]
cut.populate(unicodes=[code for first, last in blocks for code in range(first, last + 1)])
cut.subset(font)
subset.save_font(font, target, options)
