package io.bifocal.dataplane.http.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.transport.ApplicationProtocol;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where clusters speak what the client speaks. */
class SpokenDownstreamTest {
  @ParameterizedTest
  @CsvSource({"HTTP/1.0,HTTP_1_1", "HTTP/1.1,HTTP_1_1", "HTTP/2,HTTP_2", "HTTP/3,HTTP_3"})
  void theirVersionIsThatOfTheClient(String client, ApplicationProtocol upstream) {
    assertThat(Attempts.spoken(client)).isEqualTo(upstream);
  }
}
