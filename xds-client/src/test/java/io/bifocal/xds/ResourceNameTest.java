package io.bifocal.xds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResourceNameTest {
  @Test
  void itsPartsAreUnescaped() {
    ResourceName name =
        ResourceName.parse("xdstp://a%2Fb/some.Type/x/y%3F/z?k%3D=v%26&k2=%C3%A9#entry=e,alt=x");
    assertThat(name.authority()).isEqualTo("a/b");
    assertThat(name.type()).isEqualTo("some.Type");
    assertThat(name.id()).isEqualTo("x/y?/z");
    assertThat(name.context()).isEqualTo(Map.of("k=", "v&", "k2", "é"));
    assertThat(name.directives()).containsExactly("entry=e", "alt=x");
  }

  @ParameterizedTest
  @CsvSource({
    "plain, plain",
    "'', ''",
    "xdstp://a/T/x?b=2&a=1, xdstp://a/T/x?a=1&b=2",
    "xdstp://a/T/x?a=1&a=2&b, xdstp://a/T/x?a=1&b=",
    "xdstp://a/T/x#entry=e, xdstp://a/T/x",
    "xdstp://a/T/%78, xdstp://a/T/x",
    "xdstp://a%2f/T/%3a, xdstp://a%2F/T/%3A",
    "xdstp:///T/a b~, xdstp:///T/a b%7E",
    "xdstp://a/T/100%, xdstp://a/T/100%25",
    "xdstp://a/T/%zz, xdstp://a/T/%25zz",
    "xdstp://a/T, xdstp://a/T",
    "xdstp:bad, xdstp:bad",
    "xdstp://a/T/x#boo, xdstp://a/T/x#boo",
  })
  void twoTextsOfOneNameHaveOneCanonicalForm(String text, String canonical) {
    assertThat(ResourceName.canonical(text)).isEqualTo(canonical);
    assertThat(ResourceName.canonical(canonical)).as("it is stable").isEqualTo(canonical);
  }

  @Test
  void aNameThatIsNotStructuredIsHandedBackAsItIs() {
    String plain = new String("a/*");
    assertThat(ResourceName.canonical(plain)).isSameAs(plain);
    assertThat(ResourceName.collectionOf(plain)).isNull();
    assertThat(ResourceName.isCollection(plain)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "xdstp://a/T/f/x, xdstp://a/T/f/*",
    "xdstp://a/T/f/g/x?b=2&a=1, xdstp://a/T/f/g/*?a=1&b=2",
    "xdstp://a/T/x, xdstp://a/T/*",
    "xdstp://a/T/f/*, xdstp://a/T/f/*",
  })
  void aMemberTellsItsCollection(String member, String collection) {
    assertThat(ResourceName.collectionOf(member)).isEqualTo(collection);
    assertThat(ResourceName.isCollection(collection)).isTrue();
  }

  @Test
  void whatIsNoNameSaysWhy() {
    refused("http://a/T", "http://a/T does not have an xdstp: scheme");
    refused("xdstp://a", "Resource type missing from /");
    refused("xdstp://a//x", "Resource type missing from //x");
    refused("xdstp://a/T/x#boo=x", "Unknown fragment component boo=x");
  }

  private static void refused(String text, String why) {
    assertThatThrownBy(() -> ResourceName.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(why);
  }
}
