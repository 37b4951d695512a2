package io.bifocal.dataplane.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What Envoy 1.40 was seen to make of paths. */
class PathNormalizationTest {
  @ParameterizedTest
  @CsvSource({
    "/a/./b, /a/b",
    "/a/../b, /b",
    "/../a, /a",
    "/a/b/.., /a/",
    "/a/b/., /a/b/",
    "/a//b, /a//b",
    "/a/%2e/b, /a/b",
    "/a/%2E%2e/b, /b",
    "/a/%2fb, /a/%2fb",
    "/a\\b, /a/b",
    "/a\\..\\b, /b",
    "/a/.../b, /a/.../b",
    "/%41%7e, /A~",
    "/a/..;/b, /b",
    "/a?x=/../y//z, /a?x=/../y//z",
    "/, /",
    "//, //",
    "/.., /",
    "/a/..//b, //b",
    "/a/../../b, /b",
    "/%zz, /%zz",
    "/a/%c3%a9, /a/%c3%a9",
    "/A/%5cb, /A/%5cb",
    "/a/..%2fb, /a/..%2fb",
    "/a/b;c=d/.., /a/",
    "/a/?, /a/?",
    "/a/..?x, /?x",
  })
  void normalizedAsEnvoyDoes(String path, String expected) {
    assertThat(PathNormalization.normalize(path)).isEqualTo(expected);
  }

  @Test
  void aPathWithAZeroByteIsNoPath() {
    assertThat(PathNormalization.normalize("/a%00b")).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "/a//b, /a/b",
    "/a///b//, /a/b/",
    "/a/..//b, /a/../b",
    "/a?x=//, /a?x=//",
    "/a, /a",
  })
  void slashesAreMerged(String path, String expected) {
    assertThat(PathNormalization.mergeSlashes(path)).isEqualTo(expected);
  }
}
