"""Imported before anything that reads notebooks: it leaves out a library that takes a second to start.

jsonschema, behind every notebook that is read, would work out a grammar of internationalised addresses.  It can do
without, and no notebook's schema speaks of addresses.
"""

import sys

sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
