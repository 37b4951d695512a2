package io.bifocal.dataplane.match;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.xds.type.matcher.v3.Matcher;
import com.google.protobuf.StringValue;
import io.bifocal.api.BootstrapReader;
import io.bifocal.api.ConfigException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Trees over a map of texts: an input is the name of one. */
class MatchTreeTest {
  private static final MatchInputs<Map<String, String>> INPUTS =
      new MatchInputs<Map<String, String>>()
          .register(
              StringValue.getDefaultInstance(), name -> subject -> subject.get(name.getValue()));

  private static MatchTree<Map<String, String>, String> read(String yaml) throws ConfigException {
    Matcher matcher =
        new BootstrapReader(false).readYaml(yaml, "test", Matcher.getDefaultInstance());
    return new MatchTreeReader<>(
            INPUTS,
            action -> {
              if (action.getName().equals("bad")) {
                throw new ConfigException("no such action");
              }
              return action.getName();
            })
        .read(matcher, "matcher");
  }

  private static @Nullable String match(String yaml, String... pairs) throws ConfigException {
    Map<String, String> subject =
        pairs.length == 0
            ? Map.of()
            : pairs.length == 2
                ? Map.of(pairs[0], pairs[1])
                : Map.of(pairs[0], pairs[1], pairs[2], pairs[3]);
    return read(yaml).match(subject);
  }

  private static String input(String name) {
    return "{name: i, typed_config: {'@type': type.googleapis.com/google.protobuf.StringValue, value: %s}}"
        .formatted(name);
  }

  private static String is(String input, String value) {
    return "{single_predicate: {input: %s, value_match: {exact: '%s'}}}"
        .formatted(input(input), value);
  }

  private static String action(String name) {
    return "{action: {name: %s, typed_config: {'@type': type.googleapis.com/google.protobuf.Empty}}}"
        .formatted(name);
  }

  private static String list(String... predicatesAndThen) {
    StringBuilder text = new StringBuilder("matcher_list: {matchers: [");
    for (int i = 0; i < predicatesAndThen.length; i += 2) {
      text.append(
          "{predicate: %s, on_match: %s},"
              .formatted(predicatesAndThen[i], predicatesAndThen[i + 1]));
    }
    return text.append("]}").toString();
  }

  @Test
  void theFirstConditionOfAListThatHoldsDecides() throws ConfigException {
    String yaml =
        "{"
            + list(is("a", "x"), action("one"), is("b", "y"), action("two"))
            + ", on_no_match: "
            + action("none")
            + "}";
    assertThat(match(yaml, "a", "x", "b", "y")).isEqualTo("one");
    assertThat(match(yaml, "a", "z", "b", "y")).isEqualTo("two");
    assertThat(match(yaml)).isEqualTo("none");
  }

  @Test
  void nothingMatchesWithoutOnNoMatch() throws ConfigException {
    assertThat(match("{" + list(is("a", "x"), action("one")) + "}", "a", "y")).isNull();
    assertThat(match("{}", "a", "y")).isNull();
  }

  @ParameterizedTest
  @CsvSource({"x, y, both", "x, z, either", "z, y, either", "z, z, neither"})
  void conditionsAreJoined(String a, String b, String expected) throws ConfigException {
    String both = "{predicate: [" + is("a", "x") + ", " + is("b", "y") + "]}";
    String yaml =
        "{"
            + list(
                "{and_matcher: " + both + "}",
                action("both"),
                "{not_matcher: {or_matcher: " + both + "}}",
                action("neither"))
            + ", on_no_match: "
            + action("either")
            + "}";
    assertThat(match(yaml, "a", a, "b", b)).isEqualTo(expected);
  }

  @Test
  void anInputThatIsNotThereMatchesNothingButItsOpposite() throws ConfigException {
    String empty =
        "{single_predicate: {input: %s, value_match: {contains: x}}}".formatted(input("a"));
    assertThat(match("{" + list(empty, action("one")) + "}")).isNull();
    assertThat(match("{" + list("{not_matcher: " + empty + "}", action("one")) + "}"))
        .isEqualTo("one");
  }

  @Test
  void whatANestedMatcherDoesNotTakeGoesOn() throws ConfigException {
    String nested = "{matcher: {" + list(is("b", "y"), action("nested")) + "}}";
    String yaml = "{" + list(is("a", "x"), nested, is("a", "x"), action("next")) + "}";
    assertThat(match(yaml, "a", "x", "b", "y")).isEqualTo("nested");
    assertThat(match(yaml, "a", "x")).isEqualTo("next");
  }

  @ParameterizedTest
  @CsvSource({"/a/b/c, long", "/a/c, short", "/a/b, long", "/b, none", "'', none"})
  void theLongestPrefixDecides(String text, String expected) throws ConfigException {
    String yaml =
        "{matcher_tree: {input: %s, prefix_match_map: {map: {/a: %s, /a/b: %s}}}, on_no_match: %s}"
            .formatted(input("a"), action("short"), action("long"), action("none"));
    assertThat(match(yaml, "a", text)).isEqualTo(expected);
  }

  @Test
  void aShorterPrefixTakesWhatTheLongerOneLeaves() throws ConfigException {
    String yaml =
        "{matcher_tree: {input: %s, prefix_match_map: {map: {/a: %s, /a/b: {matcher: {%s}}}}}}"
            .formatted(input("a"), action("short"), list(is("b", "y"), action("long")));
    assertThat(match(yaml, "a", "/a/b", "b", "y")).isEqualTo("long");
    assertThat(match(yaml, "a", "/a/b")).isEqualTo("short");
  }

  @Test
  void anExactMapTakesTheWholeText() throws ConfigException {
    String yaml =
        "{matcher_tree: {input: %s, exact_match_map: {map: {x: %s}}}}"
            .formatted(input("a"), action("one"));
    assertThat(match(yaml, "a", "x")).isEqualTo("one");
    assertThat(match(yaml, "a", "xx")).isNull();
    assertThat(match(yaml)).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "10.1.2.3, narrow",
    "10.2.0.0, wide",
    "192.168.0.1, all",
    "'2001:db8::1', six",
    "'::1', none",
    "text, none"
  })
  void theNarrowestRangeDecides(String ip, String expected) throws ConfigException {
    String yaml =
        """
        {matcher_tree: {input: %s, custom_match: {name: ip, typed_config: {
          '@type': type.googleapis.com/xds.type.matcher.v3.IPMatcher,
          range_matchers: [
            {ranges: [{address_prefix: 0.0.0.0, prefix_len: 0}], on_match: %s},
            {ranges: [{address_prefix: 10.0.0.0, prefix_len: 8}], on_match: %s},
            {ranges: [{address_prefix: 10.1.0.0, prefix_len: 17}], on_match: %s},
            {ranges: [{address_prefix: '2001:db8::', prefix_len: 32}], on_match: %s}]}}},
         on_no_match: %s}
        """
            .formatted(
                input("a"),
                action("all"),
                action("wide"),
                action("narrow"),
                action("six"),
                action("none"));
    assertThat(match(yaml, "a", ip)).isEqualTo(expected);
  }

  @Test
  void anExclusiveRangeStandsBackForANarrowerOne() throws ConfigException {
    String yaml =
        """
        {matcher_tree: {input: %s, custom_match: {name: ip, typed_config: {
          '@type': type.googleapis.com/xds.type.matcher.v3.IPMatcher,
          range_matchers: [
            {ranges: [{address_prefix: 0.0.0.0, prefix_len: 0}], exclusive: %s, on_match: %s},
            {ranges: [{address_prefix: 10.0.0.0, prefix_len: 8}], on_match: {matcher: {%s}}}]}}}}
        """;
    String nested = list(is("b", "y"), action("narrow"));
    assertThat(match(yaml.formatted(input("a"), true, action("all"), nested), "a", "10.0.0.1"))
        .isNull();
    assertThat(match(yaml.formatted(input("a"), false, action("all"), nested), "a", "10.0.0.1"))
        .isEqualTo("all");
    assertThat(match(yaml.formatted(input("a"), true, action("all"), nested), "a", "11.0.0.1"))
        .isEqualTo("all");
  }

  @ParameterizedTest
  @CsvSource({
    "www.example.com, exact",
    "a.b.example.com, example",
    "example.com, com",
    "example.org, all"
  })
  void theMostSpecificDomainDecides(String name, String expected) throws ConfigException {
    String yaml =
        """
        {matcher_tree: {input: %s, custom_match: {name: d, typed_config: {
          '@type': type.googleapis.com/xds.type.matcher.v3.ServerNameMatcher,
          domain_matchers: [
            {domains: ['*'], on_match: %s}, {domains: ['*.com'], on_match: %s},
            {domains: ['*.example.com'], on_match: %s},
            {domains: [www.example.com], on_match: %s}]}}}}
        """
            .formatted(
                input("a"), action("all"), action("com"), action("example"), action("exact"));
    assertThat(match(yaml, "a", name)).isEqualTo(expected);
  }

  @Test
  void whatIsNotKnownIsRefused() {
    String unknown =
        "{single_predicate: {input: {name: i, typed_config: {'@type': type.googleapis.com/google.protobuf.Empty}}, value_match: {exact: x}}}";
    assertThatThrownBy(() -> read("{" + list(unknown, action("one")) + "}"))
        .hasMessage(
            "Didn't find a registered implementation for 'i' with type URL:"
                + " 'google.protobuf.Empty'");
    String custom =
        "{single_predicate: {input: %s, custom_match: {name: cel, typed_config: {'@type': type.googleapis.com/xds.type.matcher.v3.CelMatcher}}}}"
            .formatted(input("a"));
    assertThatThrownBy(() -> read("{" + list(custom, action("one")) + "}"))
        .hasMessage(
            "Didn't find a registered implementation for 'cel' with type URL:"
                + " 'xds.type.matcher.v3.CelMatcher'");
    assertThatThrownBy(() -> read("{" + list(is("a", "x"), action("bad")) + "}"))
        .hasMessage("no such action");
  }

  @Test
  void anInputMayBeLookedForInRanges() throws ConfigException {
    String inRange =
        """
        {single_predicate: {input: %s, custom_match: {name: ip, typed_config: {
          '@type': type.googleapis.com/envoy.extensions.matching.input_matchers.ip.v3.Ip,
          cidr_ranges: [{address_prefix: 10.0.0.0, prefix_len: 8}], stat_prefix: x}}}}
        """
            .formatted(input("a"));
    String yaml = "{" + list(inRange, action("one")) + "}";
    assertThat(match(yaml, "a", "10.9.9.9")).isEqualTo("one");
    assertThat(match(yaml, "a", "11.9.9.9")).isNull();
    assertThat(match(yaml, "a", "nonsense")).isNull();
  }
}
