package io.bifocal.dataplane.http.codec;

/** Why a message ended without its end. */
public enum ResetReason {
  /** The connection closed. */
  CONNECTION_TERMINATION,
  /** What came is not HTTP. */
  PROTOCOL_ERROR,
  /** A body is not as long as its head has said. */
  INCONSISTENT_LENGTH,
  /** The peer gave it up. */
  REMOTE_RESET,
  /** The peer has not looked at the request: it can be sent again. */
  REMOTE_REFUSED_STREAM_RESET,
  /** The peer could not connect further. */
  REMOTE_CONNECT_ERROR,
  /** It was given up here, as memory ran short. */
  OVERLOAD_MANAGER,
  /** It was given up here. */
  LOCAL_RESET
}
