package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.transport.PeerPhrase;
import io.netty.handler.codec.quic.QuicConnectionCloseEvent;
import org.jspecify.annotations.Nullable;

/**
 * How a peer of HTTP/3 ended what was under way, as Envoy has it: the reason, and words for logs.
 * Source: RFC 9114, section 8.1; the names are those of Envoy's library.
 */
final class Http3Resets {
  private static final String FROM_PEER = "|FROM_PEER";
  private static final int FIRST = 0x100;
  private static final int LAST = 0x110;
  private static final int NO_ERROR = 0x100;
  private static final int EXCESSIVE_LOAD = 0x107;
  private static final int REQUEST_REJECTED = 0x10b;
  private static final int REQUEST_CANCELLED = 0x10c;
  private static final int MESSAGE_ERROR = 0x10e;
  private static final int CONNECT_ERROR = 0x10f;

  private static final String UNKNOWN = "UNKNOWN_APPLICATION_ERROR_CODE";

  /** By the codes from 0x100 on. */
  private static final String[] NAMES = {
    "NO_ERROR",
    "GENERAL_PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "STREAM_CREATION_ERROR",
    "CLOSED_CRITICAL_STREAM",
    "FRAME_UNEXPECTED",
    "FRAME_ERROR",
    "EXCESSIVE_LOAD",
    "ID_ERROR",
    "SETTINGS_ERROR",
    "MISSING_SETTINGS",
    "REQUEST_REJECTED",
    "CANCELLED",
    "REQUEST_INCOMPLETE",
    UNKNOWN,
    "CONNECT_ERROR",
    "VERSION_FALLBACK"
  };

  private Http3Resets() {}

  /** What a stream's reset with this code means. */
  static ResetReason reason(long code) {
    if (code < FIRST || code > LAST) {
      return ResetReason.REMOTE_RESET;
    }
    return switch ((int) code) {
      case NO_ERROR, EXCESSIVE_LOAD, REQUEST_CANCELLED, MESSAGE_ERROR -> ResetReason.REMOTE_RESET;
      case REQUEST_REJECTED -> ResetReason.REMOTE_REFUSED_STREAM_RESET;
      case CONNECT_ERROR -> ResetReason.REMOTE_CONNECT_ERROR;
      default -> ResetReason.PROTOCOL_ERROR;
    };
  }

  /** The same in words. */
  static String text(long code) {
    String name = code >= FIRST && code <= LAST ? NAMES[(int) code - FIRST] : UNKNOWN;
    return "QUIC_STREAM_" + name + FROM_PEER;
  }

  /** Why the peer closed the connection; empty where it did not say so. */
  static String text(@Nullable QuicConnectionCloseEvent closed) {
    if (closed == null) {
      return "";
    }
    boolean fault = closed.isApplicationClose() || closed.error() != 0;
    String phrase = PeerPhrase.visible(closed);
    return (fault ? "QUIC_IETF_GQUIC_ERROR_MISSING" : "QUIC_NO_ERROR")
        + FROM_PEER
        + (phrase.isEmpty() ? "" : "|" + phrase);
  }
}
