package io.bifocal.dataplane.http;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.http.filter.LocalReply;
import io.bifocal.dataplane.match.CidrRanges;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.http.original_ip_detection.custom_header.v3.CustomHeaderConfig;
import io.envoyproxy.envoy.extensions.http.original_ip_detection.xff.v3.XffConfig;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Reads by whom a client's address is told. */
final class ClientAddressReader {
  private static final String TYPE =
      "type.googleapis.com/envoy.extensions.http.original_ip_detection.";

  private ClientAddressReader() {}

  static ClientAddress read(HttpConnectionManager config, String where) throws ConfigException {
    List<TypedExtensionConfig> extensions = config.getOriginalIpDetectionExtensionsList();
    boolean trustsPeer = config.getUseRemoteAddress().getValue();
    int hops = config.getXffNumTrustedHops();
    if (!extensions.isEmpty() && trustsPeer) {
      throw new ConfigException(
          "Original IP detection extensions and use_remote_address may not be mixed");
    }
    if (!extensions.isEmpty() && hops > 0) {
      throw new ConfigException(
          "Original IP detection extensions and xff_num_trusted_hops may not be mixed");
    }
    List<OriginalAddress> detections = new ArrayList<>();
    for (TypedExtensionConfig extension : extensions) {
      detections.add(detection(extension, where));
    }
    if (!trustsPeer && extensions.isEmpty()) {
      detections.add(new ForwardedFor(hops, CidrRanges.NONE, false));
    }
    var internal = config.getInternalAddressConfig();
    return new ClientAddress(
        trustsPeer,
        hops,
        config.getSkipXffAppend(),
        List.copyOf(detections),
        detections.stream().anyMatch(detection -> detection.refusal() != null),
        CidrRanges.of(internal.getCidrRangesList(), where + ".internal_address_config.cidr_ranges"),
        internal.getUnixSockets());
  }

  private static OriginalAddress detection(TypedExtensionConfig extension, String where)
      throws ConfigException {
    Any config = extension.getTypedConfig();
    return switch (config.getTypeUrl()) {
      case TYPE + "xff.v3.XffConfig" ->
          forwardedFor(Unpack.as(XffConfig.getDefaultInstance(), config), where);
      case TYPE + "custom_header.v3.CustomHeaderConfig" ->
          header(Unpack.as(CustomHeaderConfig.getDefaultInstance(), config));
      default ->
          throw new ConfigException(
              "Original IP detection extension not found: '%s'".formatted(extension.getName()));
    };
  }

  private static OriginalAddress forwardedFor(XffConfig config, String where)
      throws ConfigException {
    if (config.hasXffTrustedCidrs() && config.getXffNumTrustedHops() > 0) {
      throw new ConfigException("Cannot set both xff_num_trusted_hops and xff_trusted_cidrs");
    }
    return new ForwardedFor(
        config.getXffNumTrustedHops(),
        CidrRanges.of(
            config.getXffTrustedCidrs().getCidrsList(),
            where + ".original_ip_detection_extensions.xff_trusted_cidrs"),
        config.hasSkipXffAppend() && !config.getSkipXffAppend().getValue());
  }

  private static OriginalAddress header(CustomHeaderConfig config) {
    LocalReply refusal = null;
    if (config.hasRejectWithStatus()) {
      int status = config.getRejectWithStatus().getCodeValue();
      refusal =
          new LocalReply(
              status < 400 ? 403 : status, "", null, "rejecting_because_detection_failed");
    }
    return new AddressHeader(
        AsciiString.cached(config.getHeaderName().toLowerCase(Locale.ROOT)),
        config.getAllowExtensionToSetAddressAsTrusted(),
        refusal);
  }
}
