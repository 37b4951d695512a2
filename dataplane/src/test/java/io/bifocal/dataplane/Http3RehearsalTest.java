package io.bifocal.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What is done before the first request over HTTP/3, with real sockets. */
class Http3RehearsalTest {
  private final Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
  private final ListAppender<ILoggingEvent> told = new ListAppender<>();

  @BeforeEach
  void listen() {
    told.start();
    root.addAppender(told);
  }

  @AfterEach
  void listenNoMore() {
    root.detachAppender(told);
  }

  // Again when somebody else took the port.
  @Test
  void everyRequestIsServedAndNobodyIsTold() {
    await().atMost(Duration.ofMinutes(2)).until(Http3Rehearsal::play);
    assertThat(told.list)
        .filteredOn(event -> event.getLevel().isGreaterOrEqual(Level.INFO))
        .extracting(ILoggingEvent::getFormattedMessage)
        .allSatisfy(line -> assertThat(line).startsWith("TLS is done by "));
  }
}
