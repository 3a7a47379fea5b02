"""``python -m autograder``."""

import sys

# jsonschema, behind every notebook that is read, would spend a second on a grammar of internationalised addresses;
# it can do without, and no notebook's schema speaks of any.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]

from autograder.cli import main  # noqa: E402

if __name__ == "__main__":  # a worker process imports this module under another name
    sys.exit(main())
