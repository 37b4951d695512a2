package io.bifocal.dataplane;

import io.bifocal.api.BootstrapReader;
import io.bifocal.dataplane.host.Address;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** A whole proxy of one worker, and what is asked of it over HTTP/1.1. */
final class WholeProxy {
  private WholeProxy() {}

  static Proxy run(String yaml) throws Exception {
    return run(yaml, ProxyOptions.defaults());
  }

  /** One that is live. */
  static Proxy run(String yaml, ProxyOptions options) throws Exception {
    Proxy proxy =
        Proxy.start(new BootstrapReader(false).readYaml(yaml, "test"), options.withConcurrency(1));
    try {
      proxy.awaitLive(Duration.ofSeconds(20));
    } catch (Exception e) {
      proxy.close();
      throw e;
    }
    return proxy;
  }

  static HttpClient client() {
    return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  }

  /** At the listener {@code http}. */
  static URI uri(Proxy proxy, String path) {
    return URI.create("http://" + Address.of(proxy.listenerAddresses("http").get(0)).text() + path);
  }

  static HttpResponse<String> get(Proxy proxy, String path) throws Exception {
    return send(HttpRequest.newBuilder(uri(proxy, path)).build());
  }

  static HttpResponse<String> send(HttpRequest request) throws Exception {
    return client().send(request, HttpResponse.BodyHandlers.ofString());
  }

  /** What its admin interface answers. */
  static String admin(Proxy proxy, String target) throws Exception {
    String address = Address.of(proxy.adminAddress().orElseThrow()).text();
    return send(HttpRequest.newBuilder(URI.create("http://" + address + target)).build()).body();
  }

  /** The value of a counter or a gauge. */
  static long stat(Proxy proxy, String name) throws Exception {
    String stats = admin(proxy, "/stats?filter=%5E" + name + "$").strip();
    return Long.parseLong(stats.substring(stats.lastIndexOf(' ') + 1));
  }
}
