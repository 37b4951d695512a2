package io.bifocal.dataplane.dns;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.dns.Message.AddressEntry;
import io.bifocal.dataplane.dns.Message.Alias;
import io.bifocal.dataplane.dns.Message.Entry;
import io.bifocal.dataplane.host.Family;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageTest {
  private static final Question QUESTION = new Question("svc.test", Family.V4);

  @Test
  void aRecordsTtlIsTheLeastOfItsAliases() {
    assertThat(
            answer(
                alias("svc.test.", 30, "a.test."),
                alias("A.test.", 3, "b.test."),
                address("b.test.", 9, "10.0.0.1"),
                address("b.test.", 2, "10.0.0.2")))
        .extracting(r -> r.ip().getHostAddress() + " " + r.ttl().toSeconds())
        .containsExactly("10.0.0.1 3", "10.0.0.2 2");
  }

  @Test
  void theOrderOfTheAnswerIsKeptAndOthersRecordsDoNotCount() {
    assertThat(
            answer(
                address("b.test.", 9, "10.0.0.9"),
                address("evil.test.", 9, "10.6.6.6"),
                address("b.test.", 9, "10.0.0.1"),
                alias("SVC.test.", 30, "b.test.")))
        .extracting(r -> r.ip().getHostAddress())
        .containsExactly("10.0.0.9", "10.0.0.1");
  }

  @Test
  void anAliasThatLeadsNowhereIsANameWithoutAddresses() {
    assertThat(answer(alias("svc.test.", 30, "a.test."))).isEmpty();
    assertThat(answer(alias("svc.test.", 30, "a.test."), alias("a.test.", 30, "svc.test.")))
        .isEmpty();
  }

  @Test
  void noSuchNameIsAnAnswer() {
    Answer answer = new Message(Message.NO_SUCH_NAME, false, List.of()).answerTo(QUESTION);
    assertThat(answer).isEqualTo(Answer.Found.NOTHING);
  }

  @ParameterizedTest
  @ValueSource(ints = {Message.SERVER_FAILURE, Message.NOT_IMPLEMENTED, Message.REFUSED})
  void anotherServerMayKnowWhatThisOneDoesNot(int code) {
    assertThat(new Message(code, false, List.of()).anotherMayKnow()).isTrue();
  }

  @Test
  void otherCodesAreFailures() {
    Message message = new Message(9, false, List.of());
    assertThat(message.anotherMayKnow()).isFalse();
    assertThat(message.answerTo(QUESTION))
        .isEqualTo(new Answer.Failed(Answer.Cause.SERVER, "response code 9"));
  }

  private static List<AddressRecord> answer(Entry... entries) {
    return new Message(Message.NO_ERROR, false, List.of(entries)).answerTo(QUESTION).addresses();
  }

  private static Entry alias(String owner, int ttl, String target) {
    return new Alias(owner, Duration.ofSeconds(ttl), target);
  }

  private static Entry address(String owner, int ttl, String ip) {
    return new AddressEntry(owner, Duration.ofSeconds(ttl), InetAddresses.forString(ip));
  }
}
