package io.bifocal.xds;

import static io.bifocal.xds.Conversation.endpoints;
import static io.bifocal.xds.Conversation.resource;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Names of the form xdstp: in both dialects, and the collections that some of them are. */
class StructuredNamesTest {
  private static final String PREFIX = "xdstp://a/envoy.config.endpoint.v3.LbEndpoint/";
  private static final String URL = "type.googleapis.com/envoy.config.endpoint.v3.LbEndpoint";
  private static final ResourceType<LbEndpoint> LEDS = ResourceType.LOCALITY_ENDPOINTS;

  private static Resource member(String name, String version) {
    return Resource.newBuilder()
        .setName(PREFIX + name)
        .setVersion(version)
        .setResource(Any.pack(LbEndpoint.getDefaultInstance()))
        .build();
  }

  @Test
  void theyAreAskedForAndComparedInCanonicalForm() {
    Conversation c = Conversation.delta();
    twoAskForOne(c);
    c.respondDelta(
        ResourceType.ENDPOINTS, "n1", List.of(resource("1", endpoints("xdstp://a/T/%78?b=2&a=1"))));
    assertThat(c.takeSeen()).hasSize(2).allMatch(s -> s.contains("[xdstp://a/T/x?a=1&b=2]"));
  }

  @Test
  void inTheStateOfTheWorldDialectToo() {
    Conversation c = Conversation.stateOfTheWorld();
    twoAskForOne(c);
    c.respond(ResourceType.ENDPOINTS, "1", "n1", endpoints("xdstp://a/T/%78?b=2&a=1"));
    assertThat(c.takeSeen()).hasSize(2).allMatch(s -> s.contains("[xdstp://a/T/x?a=1&b=2]"));
  }

  private static void twoAskForOne(Conversation c) {
    c.accept(ResourceType.ENDPOINTS, "xdstp://a/T/x?b=2&a=1");
    c.accept(ResourceType.ENDPOINTS, "xdstp://a/T/x?a=1&b=2");
    c.start();
    assertThat(c.heard()).singleElement().asString().contains("[xdstp://a/T/x?a=1&b=2]");
  }

  @Test
  void aCollectionHearsOfItsMembersOnly() {
    Conversation c = Conversation.delta().start();
    c.accept(LEDS, PREFIX + "f/*");
    assertThat(c.heard()).containsExactly(URL + " +[" + PREFIX + "f/*] node n");
    c.respondDelta(
        LEDS,
        "n1",
        List.of(member("f/a", "1"), member("f/g/b", "1"), member("g/c", "1")),
        PREFIX + "f/z",
        PREFIX + "g/z");
    assertThat(c.takeSeen())
        .containsExactly("LEDS [" + PREFIX + "f/a] removed [" + PREFIX + "f/z] @sn1");
    assertThat(c.heard()).containsExactly(URL + " n1");
  }

  @Test
  void whatIsHeldOfACollectionIsToldToTheNextStream() {
    Conversation c = Conversation.delta().start();
    Subscription other = c.accept(LEDS, PREFIX + "g/*");
    c.accept(LEDS, PREFIX + "f/*");
    c.respondDelta(LEDS, "n1", List.of(member("f/a", "1"), member("f/b", "2"), member("g/c", "3")));
    c.respondDelta(LEDS, "n2", List.of(), PREFIX + "f/b");
    other.close();
    c.heard();
    c.server.hangUp("gone");
    c.time.advance(Duration.ofSeconds(1));
    assertThat(c.heard())
        .containsExactly(URL + " +[" + PREFIX + "f/*] holds {" + PREFIX + "f/a=1} node n");
  }

  @Test
  void collectionsOfEndpointsAreOfTheIncrementalDialect() {
    Conversation c = Conversation.stateOfTheWorld().start();
    assertThatThrownBy(() -> c.accept(LEDS, PREFIX + "f/*"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("its source must use DELTA_GRPC");
  }
}
