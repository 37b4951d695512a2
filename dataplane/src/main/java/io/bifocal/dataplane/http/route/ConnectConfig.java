package io.bifocal.dataplane.http.route;

import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.transport.proxyprotocol.HeaderWriter;
import io.envoyproxy.envoy.config.core.v3.ProxyProtocolConfig;
import io.envoyproxy.envoy.config.core.v3.ProxyProtocolConfig.Version;
import io.envoyproxy.envoy.config.route.v3.RouteAction.UpgradeConfig;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tunnels that end here: their bytes go to the upstream as they are.
 *
 * <p>Source: {@code RouteAction.UpgradeConfig.ConnectConfig}.
 *
 * @param proxyProtocol the version of the PROXY header before the bytes; null for none
 * @param post whether bodies of POST are such bytes too
 */
public record ConnectConfig(@Nullable Version proxyProtocol, boolean post) {
  private static final Logger log = LoggerFactory.getLogger(ConnectConfig.class);

  private static final SupportedFields FIELDS =
      SupportedFields.of(UpgradeConfig.ConnectConfig.getDescriptor())
          .supports("proxy_protocol_config", "allow_post");
  private static final SupportedFields PROXY_PROTOCOL =
      SupportedFields.of(ProxyProtocolConfig.getDescriptor())
          .supports("version")
          .ignores("Envoy does not obey it here either", "pass_through_tlvs", "added_tlvs");

  static @Nullable ConnectConfig of(List<UpgradeConfig> configs, String where)
      throws ConfigException {
    ConnectConfig found = null;
    for (UpgradeConfig upgrade : configs) {
      if (!upgrade.hasConnectConfig()) {
        continue;
      }
      if (!upgrade.getUpgradeType().equalsIgnoreCase(RequestHead.CONNECT)) {
        throw new ConfigException(
            "Non-CONNECT upgrade type " + upgrade.getUpgradeType() + " has ConnectConfig");
      }
      var config = upgrade.getConnectConfig();
      String at = where + ".upgrade_configs.connect_config";
      FIELDS.check(config, at);
      PROXY_PROTOCOL
          .check(config.getProxyProtocolConfig(), at + ".proxy_protocol_config")
          .forEach(log::warn);
      found =
          new ConnectConfig(
              config.hasProxyProtocolConfig() ? config.getProxyProtocolConfig().getVersion() : null,
              config.getAllowPost());
    }
    return found;
  }

  /** Whether a request is such a tunnel. */
  public boolean takes(RequestHead head) {
    return head.isConnect() || (post && head.upgrade == null && head.method.equals("POST"));
  }

  /** What comes before the client's bytes. */
  public ByteBuf header(@Nullable DownstreamConnection client) {
    if (proxyProtocol == null || client == null) {
      return Unpooled.EMPTY_BUFFER;
    }
    return proxyProtocol == Version.V1
        ? HeaderWriter.one(client.remote(), client.local())
        : HeaderWriter.two(client.remote(), client.local(), List.of());
  }
}
