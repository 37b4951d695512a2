package io.bifocal.dataplane.http;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.cluster.HeaderKeyFormatReader;
import io.bifocal.dataplane.http.codec.Http1Limits;
import io.bifocal.dataplane.http.codec.Http1Options;
import io.envoyproxy.envoy.config.core.v3.Http1ProtocolOptions;
import java.util.List;

/** How HTTP/1 is to be spoken with clients. */
final class Http1OptionsReader {
  private Http1OptionsReader() {}

  static Http1Options read(
      Http1ProtocolOptions options, Http1Limits limits, String path, List<String> warnings)
      throws ConfigException {
    warnings.addAll(ServerCodecReader.HTTP1.check(options, path));
    return new Http1Options(
        limits,
        options.getEnableTrailers(),
        HeaderKeyFormatReader.read(options.getHeaderKeyFormat()),
        options.getAllowChunkedLength(),
        !options.hasAllowAbsoluteUrl() || options.getAllowAbsoluteUrl().getValue(),
        options.getAcceptHttp10(),
        options.getDefaultHostForHttp10(),
        false);
  }
}
