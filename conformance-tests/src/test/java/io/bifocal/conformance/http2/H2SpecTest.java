package io.bifocal.conformance.http2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.bifocal.conformance.Backend;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What RFC 9113 asks of a server, as h2spec has it: each case is a test of its own. */
class H2SpecTest {
  private static final int CASES = 146;

  /** Case to reason. */
  private static final Map<String, String> HTTP_1_TOO =
      Map.of(
          "http2/3.5: Sends invalid connection preface",
          "where HTTP/1.1 is spoken too, what is no preface is taken for it and answered with 400");

  @RegisterExtension final Stage stage = new Stage();

  private List<H2Spec.Case> run(Subject subject, String codec) throws Exception {
    Backend backend = stage.keep(Backend.start("127.0.0.1", "an answer"));
    String bootstrap =
        Http2Bootstrap.of(
                backend.address(),
                stage.directory().resolve("log"),
                "explicit_http_config: {http_protocol_options: {}}",
                "")
            .replace(
                "stat_prefix: ingress", "stat_prefix: ingress\n          codec_type: " + codec);
    return H2Spec.run(stage, stage.start(subject, bootstrap).awaitLive().listener("ingress"));
  }

  private static Stream<DynamicNode> tests(List<H2Spec.Case> cases, Map<String, String> known) {
    Stream<DynamicNode> all =
        cases.stream()
            .map(
                one ->
                    dynamicTest(
                        one.name(),
                        () -> {
                          String reason = known.get(one.name());
                          if (reason == null) {
                            assertThat(one.failure()).isEmpty();
                          } else {
                            assertThat(one.passed()).as(reason).isFalse();
                          }
                        }));
    DynamicNode whole =
        dynamicTest(
            "no case is left out", () -> assertThat(cases).hasSizeGreaterThanOrEqualTo(CASES));
    return Stream.concat(Stream.of(whole), all);
  }

  @TestFactory
  Stream<DynamicNode> whereHttp2IsSpoken() throws Exception {
    return tests(run(Subject.BIFOCAL, "HTTP2"), Map.of());
  }

  @TestFactory
  Stream<DynamicNode> whereEitherIsSpoken() throws Exception {
    return tests(run(Subject.BIFOCAL, "AUTO"), HTTP_1_TOO);
  }

  @Test
  void envoyDoesNotPassThemAll() throws Exception {
    List<H2Spec.Case> cases = run(Subject.ENVOY, "HTTP2");
    List<String> failed =
        cases.stream().filter(one -> !one.passed()).map(H2Spec.Case::name).toList();
    Files.write(Path.of("target", "h2spec-envoy-fails.txt"), failed);
    assertThat(cases).hasSizeGreaterThanOrEqualTo(CASES);
    assertThat(failed).isNotEmpty().hasSizeLessThan(CASES / 2);
  }
}
