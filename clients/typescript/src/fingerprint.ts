import { blake3 } from "@noble/hashes/blake3.js";
import { bytesToHex } from "@noble/hashes/utils.js";

/** The fingerprint of a record: BLAKE3-256 of its bytes (`record.statement`), which is its id everywhere. Equal: nobody changed it. */
export function fingerprintOf(statement: Uint8Array): string {
  return bytesToHex(blake3(statement));
}
