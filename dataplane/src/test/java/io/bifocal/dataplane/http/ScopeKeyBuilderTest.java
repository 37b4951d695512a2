package io.bifocal.dataplane.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder.FragmentBuilder;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder.FragmentBuilder.HeaderValueExtractor;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder.FragmentBuilder.HeaderValueExtractor.KvElement;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What was seen of Envoy 1.40 with the same extractors. */
class ScopeKeyBuilderTest {
  private static final HeaderValueExtractor ELEMENT =
      extractor("x-k")
          .setElementSeparator(";")
          .setElement(KvElement.newBuilder().setKey("k").setSeparator("="))
          .build();

  private static HeaderValueExtractor.Builder extractor(String header) {
    return HeaderValueExtractor.newBuilder().setName(header);
  }

  private static @Nullable List<String> key(RequestHead head, HeaderValueExtractor... extractors)
      throws ConfigException {
    List<FragmentBuilder> fragments = new ArrayList<>();
    for (HeaderValueExtractor extractor : extractors) {
      fragments.add(FragmentBuilder.newBuilder().setHeaderValueExtractor(extractor).build());
    }
    return ScopeKeyBuilder.of(fragments).key(head);
  }

  private static RequestHead head(String... values) {
    RequestHead head = new RequestHead("GET", "/p", "a.example:80", true, new DefaultHttpHeaders());
    for (String value : values) {
      head.headers.add("x-k", value);
    }
    return head;
  }

  @Test
  void theHostIsTheAuthorityAsItWasSent() throws Exception {
    assertThat(key(head(), extractor("Host").setIndex(0).build())).containsExactly("a.example:80");
    assertThat(key(head(), extractor(":path").setIndex(0).build())).containsExactly("/p");
  }

  @Test
  void anElementIsFoundByItsNumber() throws Exception {
    HeaderValueExtractor second = extractor("x-k").setElementSeparator(",").setIndex(1).build();
    assertThat(key(head("a,b,c"), second)).containsExactly("b");
    assertThat(key(head("a,"), second)).containsExactly("");
    assertThat(key(head("a"), second)).isNull();
    assertThat(key(head(), second)).isNull();
  }

  @Test
  void anElementIsFoundByItsKey() throws Exception {
    assertThat(key(head("z=1;k=a"), ELEMENT)).containsExactly("a");
    assertThat(key(head("k=a=b"), ELEMENT)).containsExactly("a=b");
    assertThat(key(head("k"), ELEMENT)).containsExactly("");
    assertThat(key(head("kk=a"), ELEMENT)).isNull();
  }

  @Test
  void onlyTheFirstOfSeveralValuesIsRead() throws Exception {
    assertThat(key(head("u", "k=a"), ELEMENT)).isNull();
  }

  @Test
  void aFragmentThatIsMissingLeavesNoKey() throws Exception {
    HeaderValueExtractor host = extractor("host").setIndex(0).build();
    assertThat(key(head("k=a"), host, ELEMENT)).containsExactly("a.example:80", "a");
    assertThat(key(head(), host, ELEMENT)).isNull();
  }

  @Test
  void whatCannotBeExtractedIsRefusedInEnvoysWords() {
    assertThatThrownBy(() -> key(head(), extractor("h").build()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("HeaderValueExtractor extract_type not set.");
    assertThatThrownBy(() -> key(head(), extractor("h").setIndex(1).build()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("Index > 0 for empty string element separator.");
  }
}
