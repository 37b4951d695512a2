package io.bifocal.dataplane.http.filter.headermutation;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.http.filter.FilterBench;
import io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutation;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QueryParametersTest {
  private final FilterBench bench = new FilterBench();

  @ParameterizedTest
  @CsvSource({
    "/p?b=1&a=2, APPEND_IF_EXISTS_OR_ADD, a, 3, /p?a=2&a=3&b=1",
    "/p, APPEND_IF_EXISTS_OR_ADD, a, 3, /p?a=3",
    "/p?a=1, ADD_IF_ABSENT, a, 3, /p?a=1",
    "/p?b=1, ADD_IF_ABSENT, a, 3, /p?a=3&b=1",
    "/p?a=1&a=2, OVERWRITE_IF_EXISTS_OR_ADD, a, 3, /p?a=3",
    "/p?b=1, OVERWRITE_IF_EXISTS, a, 3, /p?b=1",
    "/p?a=1, OVERWRITE_IF_EXISTS, a, %REQ(x-v)%, /p?a=of%20x",
    "/p?a=%41%zz, APPEND_IF_EXISTS_OR_ADD, b, 1, /p?a=%41%zz&b=1"
  })
  void parametersAreChanged(String path, String how, String name, String value, String expected)
      throws ConfigException {
    String yaml =
        """
        mutations:
          query_parameter_mutations:
          - append: {record: {key: %s, value: "%s"}, action: %s}
        """
            .formatted(name, value, how);
    var stream =
        bench
            .request("GET", path, "x-v", "of x")
            .through(
                bench.make(
                    new HeaderMutationFactory(),
                    FilterBench.any(HeaderMutation.getDefaultInstance(), yaml)))
            .begin(true);
    assertThat(stream.request().path).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"/p?a=1&b=2&a=3, /p?b=2", "/p?a=1, /p", "/p, /p"})
  void parametersAreTakenOut(String path, String expected) throws ConfigException {
    var stream =
        bench
            .request("GET", path)
            .through(
                bench.make(
                    new HeaderMutationFactory(),
                    FilterBench.any(
                        HeaderMutation.getDefaultInstance(),
                        "mutations: {query_parameter_mutations: [{remove: a}]}")))
            .begin(true);
    assertThat(stream.request().path).isEqualTo(expected);
  }
}
