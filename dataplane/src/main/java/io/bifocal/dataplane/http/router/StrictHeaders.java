package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.http.filter.LocalReply;
import io.bifocal.dataplane.http.route.RetryPolicy;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code strict_check_headers}: what tells the router what to do must be well formed. */
public final class StrictHeaders {
  private StrictHeaders() {}

  /** What a request is answered with for its first header that is not; null for none. */
  public static @Nullable LocalReply refusal(List<AsciiString> names, HttpHeaders headers) {
    for (int i = 0; i < names.size(); i++) {
      AsciiString name = names.get(i);
      String value = headers.get(name);
      if (value != null && !isValid(name, value)) {
        return new LocalReply(
            400,
            "invalid header '" + name + "' with value '" + value + "'",
            ResponseFlag.INVALID_ENVOY_REQUEST_HEADERS,
            "request_headers_failed_strict_check{" + name + "}");
      }
    }
    return null;
  }

  private static boolean isValid(AsciiString name, String value) {
    if (!name.equals(EnvoyHeaders.RETRY_ON) && !name.equals(EnvoyHeaders.RETRY_GRPC_ON)) {
      return EnvoyHeaders.number(value) >= 0;
    }
    for (String word : value.split(",", -1)) {
      if (RetryPolicy.conditions(word).isEmpty()) {
        return false;
      }
    }
    return true;
  }
}
