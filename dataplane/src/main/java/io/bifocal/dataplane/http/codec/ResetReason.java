package io.bifocal.dataplane.http.codec;

/** Why a message ended without its end. */
public enum ResetReason {
  /** The connection closed. */
  CONNECTION_TERMINATION,
  /** What came is not HTTP. */
  PROTOCOL_ERROR
}
