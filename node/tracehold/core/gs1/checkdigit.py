"""Check digits of numeric GS1 keys (GS1 General Specifications,
section 7.9: modulo 10 with weights 3 and 1)."""

from tracehold.core.errors import Rejected


def check_digit(digits: str) -> str:
    """The digit that completes `digits`, the key without its
    check digit. Weights run 3, 1, 3 from the right."""
    odd = sum(map(int, digits[-1::-2]))
    even = sum(map(int, digits[-2::-2]))
    return str(-(3 * odd + even) % 10)


def check(digits: str) -> None:
    """Raises BAD_CHECK_DIGIT unless the last of `digits` is the check digit of those before it."""
    right = check_digit(digits[:-1])
    if right != digits[-1]:
        raise Rejected(
            "BAD_CHECK_DIGIT",
            f"{digits} should end in {right}: a digit of it is wrong, or two are exchanged",
            remedy="Compare the number with the label; where only its last digit is wrong, correct that one.",
        )
