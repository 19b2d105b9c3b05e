"""python -m tracehold"""

from tracehold.main import main

main()
