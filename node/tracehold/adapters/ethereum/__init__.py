"""The Ledger port over any JSON-RPC chain that has the anchoring contract (contracts/, docs/spec/contract.md)."""
