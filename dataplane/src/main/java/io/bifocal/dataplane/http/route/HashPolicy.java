package io.bifocal.dataplane.http.route;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.google.common.net.InetAddresses;
import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.bifocal.dataplane.hash.XxHash64;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.match.Substitution;
import io.bifocal.dataplane.stream.StreamInfo;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What of a request its host is chosen by, when the cluster hashes ({@code hash_policy}). Source:
 * Envoy's {@code HashPolicyImpl}.
 */
public record HashPolicy(List<Rule> rules) {
  static final SupportedFields FIELDS =
      SupportedFields.of(RouteAction.HashPolicy.getDescriptor())
          .supports(
              "header",
              "cookie",
              "connection_properties",
              "query_parameter",
              "filter_state",
              "terminal");

  public HashPolicy {
    rules = List.copyOf(rules);
  }

  /**
   * What a request comes to.
   *
   * @param cookies the values of {@code set-cookie} by which the client will find the same host
   */
  public record Hash(long value, List<String> cookies) {}

  /**
   * One rule.
   *
   * @param terminal whether the rules after it count only when there is no hash yet
   */
  record Rule(Source source, boolean terminal) {}

  /** What is hashed. */
  interface Source {
    /** Adds what there is of a request. */
    void add(RequestHead head, StreamInfo info, Mix mix);
  }

  /** Hashes as they come together, and cookies as they are made. */
  static final class Mix {
    // Null when none may be made.
    final @Nullable List<String> cookies;
    private long hash;
    private boolean any;

    Mix(@Nullable List<String> cookies) {
      this.cookies = cookies;
    }

    void add(@Nullable String hashed) {
      if (hashed != null) {
        add(XxHash64.hash(hashed));
      }
    }

    // Turned, so that two equal rules do not cancel each other out.
    void add(long more) {
      hash = Long.rotateLeft(hash, 1) ^ more;
      any = true;
    }
  }

  static @Nullable HashPolicy of(List<RouteAction.HashPolicy> configs, String where)
      throws ConfigException {
    if (configs.isEmpty()) {
      return null;
    }
    List<Rule> rules = new ArrayList<>();
    for (RouteAction.HashPolicy config : configs) {
      RouteFields.check(FIELDS, config, where);
      Source source =
          switch (config.getPolicySpecifierCase()) {
            case HEADER -> Header.of(config.getHeader());
            case COOKIE -> HashCookie.of(config.getCookie());
            case CONNECTION_PROPERTIES ->
                config.getConnectionProperties().getSourceIp() ? new SourceIp() : null;
            case QUERY_PARAMETER -> new Query(config.getQueryParameter().getName());
            case FILTER_STATE -> new FilterState(config.getFilterState().getKey());
            case POLICYSPECIFIER_NOT_SET ->
                throw new ConfigException(where + ": no policy_specifier");
          };
      if (source != null) {
        rules.add(new Rule(source, config.getTerminal()));
      }
    }
    return new HashPolicy(rules);
  }

  /**
   * The hash of a request, or null when nothing of it is hashed.
   *
   * @param makeCookies whether a client without a cookie that has a time to live gets one
   */
  public @Nullable Hash hash(RequestHead head, StreamInfo info, boolean makeCookies) {
    Mix mix = new Mix(makeCookies ? new ArrayList<>(0) : null);
    for (int i = 0; i < rules.size(); i++) {
      Rule rule = rules.get(i);
      rule.source.add(head, info, mix);
      if (rule.terminal && mix.any) {
        break;
      }
    }
    return mix.any ? new Hash(mix.hash, mix.cookies == null ? List.of() : mix.cookies) : null;
  }

  /** {@code header}: its values, in no particular order. */
  record Header(AsciiString name, @Nullable Substitution rewrite) implements Source {
    static Header of(RouteAction.HashPolicy.Header config) throws ConfigException {
      return new Header(
          AsciiString.cached(config.getHeaderName().toLowerCase(Locale.ROOT)),
          config.hasRegexRewrite() ? Substitution.of(config.getRegexRewrite()) : null);
    }

    @Override
    public void add(RequestHead head, StreamInfo info, Mix mix) {
      List<String> values = values(head);
      if (values.isEmpty()) {
        return;
      }
      if (rewrite == null && values.size() == 1) {
        mix.add(values.get(0));
        return;
      }
      List<String> all = new ArrayList<>(values);
      if (rewrite != null) {
        all.replaceAll(rewrite::of);
      }
      Collections.sort(all);
      long hash = 0;
      for (int i = 0; i < all.size(); i++) {
        hash = XxHash64.hash(all.get(i).getBytes(ISO_8859_1), hash);
      }
      mix.add(hash);
    }

    private List<String> values(RequestHead head) {
      return switch (name.toString()) {
        case ":path" -> List.of(head.path);
        case ":method" -> List.of(head.method);
        case ":authority", "host" -> List.of(head.authority);
        default -> head.headers.getAll(name);
      };
    }
  }

  /** {@code connection_properties.source_ip}. */
  record SourceIp() implements Source {
    @Override
    public void add(RequestHead head, StreamInfo info, Mix mix) {
      if (info.downstreamRemote instanceof Address.Ip ip) {
        mix.add(InetAddresses.toAddrString(ip.ip()));
      }
    }
  }

  /** {@code query_parameter}. */
  record Query(String name) implements Source {
    @Override
    public void add(RequestHead head, StreamInfo info, Mix mix) {
      mix.add(QueryMatch.find(head.path, name));
    }
  }

  /** {@code filter_state}. */
  record FilterState(String key) implements Source {
    @Override
    public void add(RequestHead head, StreamInfo info, Mix mix) {
      mix.add(info.filterState(key));
    }
  }
}
