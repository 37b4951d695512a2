package io.bifocal.dataplane.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import org.junit.jupiter.api.Test;

class StreamInfoTest {
  @Test
  void whatIsKeptGoesWithItsKey() {
    StreamInfo info = new StreamInfo();
    Object key = new Object();
    info.keep(key, "it");
    assertThat(info.kept(key)).isEqualTo("it");
    WeakReference<Object> seen = new WeakReference<>(key);
    key = new Object();
    for (int i = 0; i < 50 && seen.get() != null; i++) {
      System.gc();
    }
    assertThat(seen.get()).isNull();
    assertThat(info.kept(key)).isNull();
  }
}
