package io.bifocal.dataplane.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.filter.DataStatus;
import io.bifocal.dataplane.http.filter.FilterStream;
import io.bifocal.dataplane.http.filter.HeadStatus;
import io.bifocal.dataplane.http.filter.HttpFilter;
import io.bifocal.dataplane.http.filter.HttpFilterContext;
import io.bifocal.dataplane.http.filter.HttpFilterFactory;
import io.bifocal.dataplane.http.filter.LocalReply;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.xds.ResourceType;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutation;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Filters between the router and an upstream, over real sockets. */
@Timeout(30)
class UpstreamFiltersTest {
  private static final String POST = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nworld";
  private static final LocalReply REPLY = new LocalReply(418, "mine", null, "of_a_filter");

  private final HttpBench bench = new HttpBench();
  private final List<String> bodies = new CopyOnWriteArrayList<>();
  private final BlockingQueue<FilterStream> begun = new LinkedBlockingQueue<>();

  /** A kind of an embedder's own. */
  private record Own(boolean upstream, Function<FilterStream, HttpFilter> maker)
      implements HttpFilterFactory {
    @Override
    public String kind() {
      return "test.own";
    }

    @Override
    public String typeUrl() {
      return "type.googleapis.com/google.protobuf.Empty";
    }

    @Override
    public HttpFilter.Maker create(Any config, HttpFilterContext context) {
      return maker::apply;
    }
  }

  @AfterEach
  void close() throws Exception {
    bench.close();
  }

  private void serve(String filters) throws Exception {
    String router = "envoy.extensions.filters.http.router.v3.Router";
    String codec =
        "{name: codec, typed_config: {\"@type\":"
            + " type.googleapis.com/envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec}}";
    String routes =
        "[{match: {prefix: /}, route: {cluster: up, retry_policy: {retry_on: 5xx, retry_back_off:"
            + " {base_interval: 0.001s}}}}]";
    bench.serve(
        HttpBench.read(
            HttpBench.text(routes, "")
                .replace(
                    router + "\n",
                    router + "\n    upstream_http_filters: [" + filters + ", " + codec + "]\n")));
  }

  private void serve(Function<FilterStream, HttpFilter> maker) throws Exception {
    bench.filters.register(new Own(true, maker));
    serve("{name: own, typed_config: {\"@type\": type.googleapis.com/google.protobuf.Empty}}");
  }

  /** An upstream that answers a request on each connection, in order. */
  private ScriptedUpstream upstream(String... answers) throws Exception {
    return bench.upstream(
        peer -> {
          String head = peer.head();
          int length = head.contains("chunked") ? 0 : 5;
          byte[] body = peer.in().readNBytes(length);
          bodies.add(new String(body, StandardCharsets.US_ASCII));
          peer.send(answers[Math.min(bodies.size(), answers.length) - 1]);
          peer.head();
        });
  }

  private StreamInfo logged() throws InterruptedException {
    StreamInfo info = bench.logged.poll(20, TimeUnit.SECONDS);
    assertThat(info).as("an access log entry").isNotNull();
    return info;
  }

  /** Makes all that passes capitals. */
  private static final class Shouting implements HttpFilter {
    private final FilterStream stream;

    Shouting(FilterStream stream) {
      this.stream = stream;
    }

    private static ByteBuf shout(ByteBuf data) {
      String text = data.toString(StandardCharsets.US_ASCII).toUpperCase(Locale.ROOT);
      data.release();
      return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
    }

    @Override
    public DataStatus decodeData(ByteBuf data, boolean end) {
      stream.injectDecoded(shout(data));
      if (end) {
        stream.loop().execute(stream::continueDecoding);
      }
      return DataStatus.TAKEN;
    }

    @Override
    public DataStatus encodeData(ByteBuf data, boolean end) {
      stream.injectEncoded(shout(data));
      if (end) {
        stream.loop().execute(stream::continueEncoding);
      }
      return DataStatus.TAKEN;
    }
  }

  @Test
  void whatTheyMakeOfBodiesGoesOnWithEveryTry() throws Exception {
    ScriptedUpstream upstream =
        upstream("HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", OK);
    serve(Shouting::new);
    assertThat(bench.ask(POST)).startsWith("HTTP/1.1 200 ").endsWith("WORLD");
    assertThat(bodies).containsExactly("HELLO", "HELLO");
    assertThat(upstream.connections()).isEqualTo(2);
  }

  @Test
  void oneThatAsksSomebodyElseHoldsTheWholeRequest() throws Exception {
    upstream(OK);
    serve(
        stream ->
            new HttpFilter() {
              @Override
              public HeadStatus decodeHead(RequestHead head, boolean end) {
                begun.add(stream);
                return HeadStatus.STOP_ALL;
              }
            });
    ScriptedUpstream.Peer client = bench.client();
    client.send(POST);
    FilterStream waiting = begun.poll(20, TimeUnit.SECONDS);
    assertThat(waiting).isNotNull();
    assertThat(waiting.cluster()).isEqualTo("up");
    bench.onWorker(waiting::continueDecoding);
    assertThat(client.message()).endsWith("world");
    assertThat(bodies).containsExactly("hello");
  }

  @Test
  void oneMayAnswerBeforeThereIsAConnection() throws Exception {
    ScriptedUpstream upstream = upstream(OK);
    serve(
        stream ->
            new HttpFilter() {
              @Override
              public HeadStatus decodeHead(RequestHead head, boolean end) {
                stream.localReply(REPLY);
                return HeadStatus.STOP_ALL;
              }
            });
    assertThat(bench.ask(POST)).startsWith("HTTP/1.1 418 ").endsWith("mine");
    assertThat(logged().responseCodeDetails).isEqualTo("of_a_filter");
    assertThat(upstream.connections()).isZero();
    bench.onWorker(() -> {}); // it is done with the request
    assertThat(bench.clusters.emptied).as("nobody keeps a pool for it").hasValue(1);
  }

  @Test
  void oneMayAnswerInThePlaceOfTheUpstream() throws Exception {
    upstream(OK);
    serve(
        stream ->
            new HttpFilter() {
              @Override
              public HeadStatus encodeHead(int status, HttpHeaders headers, boolean end) {
                stream.localReply(REPLY);
                return HeadStatus.STOP_ALL;
              }
            });
    assertThat(bench.ask(POST)).startsWith("HTTP/1.1 418 ").endsWith("mine");
    assertThat(bench.gauge("cluster.up.upstream_rq_active")).isZero();
  }

  @Test
  void anAnswerThatHasBegunIsBrokenOff() throws Exception {
    upstream(OK);
    serve(
        stream ->
            new HttpFilter() {
              @Override
              public DataStatus encodeData(ByteBuf data, boolean end) {
                stream.localReply(REPLY);
                return DataStatus.STOP_AND_BUFFER;
              }
            });
    ScriptedUpstream.Peer client = bench.client();
    client.send(POST);
    assertThat(client.head()).startsWith("HTTP/1.1 200 ");
    assertThat(client.in().read()).isEqualTo(-1);
    StreamInfo info = logged();
    assertThat(info.responseCodeDetails).isEqualTo("of_a_filter");
    assertThat(info.has(ResponseFlag.LOCAL_RESET)).isTrue();
  }

  @Test
  void aKindThatSaysNothingOfUpstreamsIsRefusedThere() {
    bench.filters.register(new Own(false, stream -> new HttpFilter() {}));
    assertThatThrownBy(
            () ->
                serve(
                    "{name: own, typed_config: {\"@type\":"
                        + " type.googleapis.com/google.protobuf.Empty}}"))
        .hasMessage(
            "Didn't find a registered implementation for 'own' with type URL:"
                + " 'google.protobuf.Empty'");
  }

  @Test
  void whatIsDiscoveredIsWaitedForAndIsMissedByRequests() throws Exception {
    upstream(OK);
    String type = "type.googleapis.com/" + HeaderMutation.getDescriptor().getFullName();
    serve(
        "{name: ext, config_discovery: {config_source: {ads: {}}, type_urls: [\"" + type + "\"]}}");
    assertThat(bench.init.unready()).containsExactly("FilterConfigSubscription init ext");
    assertThat(bench.ask(POST)).startsWith("HTTP/1.1 500 ");
    assertThat(logged().has(ResponseFlag.NO_FILTER_CONFIG_FOUND)).isTrue();
    bench.xds.respond(
        ResourceType.EXTENSION_CONFIG,
        "1",
        TypedExtensionConfig.newBuilder()
            .setName("ext")
            .setTypedConfig(Any.pack(HeaderMutation.getDefaultInstance()))
            .build());
    assertThat(bench.ask(POST)).startsWith("HTTP/1.1 200 ");
    assertThat(bench.counter("extension_config_discovery.upstream_http_filter.ext.config_reload"))
        .isEqualTo(1);
    bench.filter().close();
    assertThat(bench.xds.open(ResourceType.EXTENSION_CONFIG)).isZero();
  }
}
