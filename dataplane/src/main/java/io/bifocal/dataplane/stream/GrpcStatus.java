package io.bifocal.dataplane.stream;

import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * How a call ended, and what stands for it where an answer says nothing.
 *
 * <p>Source: gRPC's "Status codes and their use" and "HTTP to gRPC Status Code Mapping".
 */
public enum GrpcStatus {
  OK("OK"),
  CANCELLED("Canceled"),
  UNKNOWN("Unknown"),
  INVALID_ARGUMENT("InvalidArgument"),
  DEADLINE_EXCEEDED("DeadlineExceeded"),
  NOT_FOUND("NotFound"),
  ALREADY_EXISTS("AlreadyExists"),
  PERMISSION_DENIED("PermissionDenied"),
  RESOURCE_EXHAUSTED("ResourceExhausted"),
  FAILED_PRECONDITION("FailedPrecondition"),
  ABORTED("Aborted"),
  OUT_OF_RANGE("OutOfRange"),
  UNIMPLEMENTED("Unimplemented"),
  INTERNAL("Internal"),
  UNAVAILABLE("Unavailable"),
  DATA_LOSS("DataLoss"),
  UNAUTHENTICATED("Unauthenticated");

  private static final GrpcStatus[] ALL = values();

  private final String camel;

  GrpcStatus(String camel) {
    this.camel = camel;
  }

  /** As Envoy's logs have it, {@code DeadlineExceeded}. */
  public String camel() {
    return camel;
  }

  /** As on the wire. */
  @SuppressWarnings("EnumOrdinal") // gRPC's numbers are in this order
  public int number() {
    return ordinal();
  }

  /** By its number; null for a number that has no name. */
  public static @Nullable GrpcStatus of(long number) {
    return number >= 0 && number < ALL.length ? ALL[(int) number] : null;
  }

  /** What stands for a status of HTTP. */
  public static GrpcStatus ofHttp(int status) {
    return switch (status) {
      case 400 -> INTERNAL;
      case 401 -> UNAUTHENTICATED;
      case 403 -> PERMISSION_DENIED;
      case 404 -> UNIMPLEMENTED;
      case 429, 502, 503, 504 -> UNAVAILABLE;
      default -> UNKNOWN;
    };
  }

  /** The status of HTTP that stands for it. Source: Envoy's {@code grpcToHttpStatus}. */
  public int toHttp() {
    return switch (this) {
      case OK -> 200;
      case CANCELLED -> 499;
      case INVALID_ARGUMENT, FAILED_PRECONDITION, OUT_OF_RANGE -> 400;
      case DEADLINE_EXCEEDED -> 504;
      case NOT_FOUND -> 404;
      case ALREADY_EXISTS, ABORTED -> 409;
      case PERMISSION_DENIED -> 403;
      case RESOURCE_EXHAUSTED -> 429;
      case UNIMPLEMENTED -> 501;
      case UNAVAILABLE -> 503;
      case UNAUTHENTICATED -> 401;
      case UNKNOWN, INTERNAL, DATA_LOSS -> 500;
    };
  }

  /** Whether these are the headers of a call. */
  public static boolean isCall(@Nullable HttpHeaders request) {
    String type = request == null ? null : request.get("content-type");
    String grpc = "application/grpc";
    return type != null
        && type.startsWith(grpc)
        && (type.length() == grpc.length() || type.charAt(grpc.length()) == '+');
  }

  /**
   * The number that an answer ended with, in its trailers or its headers, or that its status stands
   * for.
   */
  public static long numberOf(StreamInfo stream) {
    long told = told(stream.responseTrailers);
    if (told < 0) {
      told = told(stream.responseHeaders);
    }
    if (told >= 0) {
      return told;
    }
    // As by Envoy: what no call answered has not ended well, whatever its status.
    return ofHttp(stream.responseCode).number();
  }

  /** A message as {@code grpc-message} carries it. */
  public static String encode(String message) {
    StringBuilder out = new StringBuilder(message.length());
    for (byte b : message.getBytes(StandardCharsets.UTF_8)) {
      if (b >= ' ' && b < '~' && b != '%') {
        out.append((char) b);
      } else {
        out.append('%')
            .append(Character.toUpperCase(Character.forDigit((b >> 4) & 0xf, 16)))
            .append(Character.toUpperCase(Character.forDigit(b & 0xf, 16)));
      }
    }
    return out.toString();
  }

  private static long told(@Nullable HttpHeaders headers) {
    String text = headers == null ? null : headers.get("grpc-status");
    if (text == null || text.isEmpty() || text.length() > 9) {
      return -1;
    }
    long number = 0;
    for (int i = 0; i < text.length(); i++) {
      int digit = Character.digit(text.charAt(i), 10);
      if (digit < 0) {
        return -1;
      }
      number = number * 10 + digit;
    }
    return number;
  }
}
