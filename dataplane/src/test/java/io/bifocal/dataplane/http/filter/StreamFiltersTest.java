package io.bifocal.dataplane.http.filter;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.filter.StreamFilters.NamedFilter;
import io.bifocal.dataplane.http.route.FilterOverride;
import io.bifocal.dataplane.http.route.Route;
import io.bifocal.dataplane.ondemand.Question;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.xds.time.Loop;
import io.bifocal.xds.time.VirtualTime;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StreamFiltersTest {
  private final List<String> events = new ArrayList<>();
  private final List<ByteBuf> sent = new ArrayList<>();
  private final Ends ends = new Ends();
  private @Nullable StreamFilters filters;

  /** Writes down what passes, and stops what it is told to. */
  private final class Scripted implements HttpFilter {
    final String name;
    HeadStatus head = HeadStatus.CONTINUE;
    HeadStatus answer = HeadStatus.CONTINUE;
    DataStatus data = DataStatus.CONTINUE;
    TrailersStatus trailers = TrailersStatus.CONTINUE;
    @Nullable LocalReply reply;
    @Nullable FilterStream stream;

    Scripted(String name) {
      this.name = name;
    }

    FilterStream stream() {
      FilterStream known = stream;
      if (known == null) {
        throw new IllegalStateException("no stream yet");
      }
      return known;
    }

    HttpFilter on(FilterStream given) {
      stream = given;
      return this;
    }

    @Override
    public HeadStatus decodeHead(RequestHead request, boolean end) {
      events.add(name + " head" + (end ? " end" : ""));
      if (reply != null) {
        stream().localReply(reply);
      }
      return head;
    }

    @Override
    public DataStatus decodeData(ByteBuf part, boolean end) {
      events.add(name + " " + part.toString(US_ASCII) + (end ? " end" : ""));
      if (data == DataStatus.TAKEN) {
        part.release();
      }
      return data;
    }

    @Override
    public HeadStatus encodeHead(int status, HttpHeaders headers, boolean end) {
      events.add(name + " answer " + status);
      return answer;
    }

    @Override
    public DataStatus encodeData(ByteBuf part, boolean end) {
      events.add(name + " answer " + part.toString(US_ASCII) + (end ? " end" : ""));
      return data;
    }

    @Override
    public TrailersStatus decodeTrailers(HttpHeaders fields) {
      events.add(name + " trailers " + fields.get("t"));
      return trailers;
    }

    @Override
    public TrailersStatus encodeTrailers(HttpHeaders fields) {
      events.add(name + " answer trailers " + fields.get("t"));
      return trailers;
    }

    @Override
    public void onDestroy() {
      events.add(name + " destroyed");
    }
  }

  private final class Ends implements FilterEnds {
    private final VirtualTime time = new VirtualTime();
    int limit = 100;

    @Override
    public RequestHead request() {
      return new RequestHead("GET", "/", "a", true, new DefaultHttpHeaders());
    }

    @Override
    public StreamInfo info() {
      return new StreamInfo();
    }

    @Override
    public Loop loop() {
      return time;
    }

    @Override
    public @Nullable Route route() {
      return null;
    }

    @Override
    public @Nullable FilterOverride override(String filter) {
      return null;
    }

    @Override
    public int shard() {
      return 0;
    }

    @Override
    public @Nullable Question missingRoute() {
      return null;
    }

    @Override
    public String cluster() {
      return "";
    }

    @Override
    public @Nullable String missingCluster() {
      return null;
    }

    @Override
    public DownstreamConnection connection() {
      throw new IllegalStateException("no connection here");
    }

    @Override
    public void refreshRoute() {}

    @Override
    public void requestHead(boolean end) {
      events.add("router head" + (end ? " end" : ""));
    }

    @Override
    public void requestData(ByteBuf data, boolean end) {
      events.add("router " + data.toString(US_ASCII) + (end ? " end" : ""));
      data.release();
    }

    @Override
    public void requestTrailers(HttpHeaders trailers) {
      events.add("router trailers " + trailers.get("t"));
    }

    @Override
    public void flushRequest() {
      events.add("flush");
    }

    @Override
    public void responseHead(int status, HttpHeaders headers, boolean end) {
      events.add("client " + status);
    }

    @Override
    public void responseData(ByteBuf data, boolean end) {
      events.add("client " + data.toString(US_ASCII) + (end ? " end" : ""));
      data.release();
    }

    @Override
    public void responseTrailers(HttpHeaders trailers) {
      events.add("client trailers " + trailers.get("t"));
    }

    @Override
    public void flushResponse() {
      events.add("flush answer");
    }

    @Override
    public void localReply(LocalReply reply) {
      made().encodeHead(reply.status(), new DefaultHttpHeaders(), true);
    }

    @Override
    public void requestTooLarge() {
      events.add("too large");
    }

    @Override
    public void responseTooLarge() {
      events.add("answer too large");
    }

    @Override
    public @Nullable WorkerCluster upstream() {
      return null;
    }

    @Override
    public boolean hasCluster(String name) {
      return false;
    }

    @Override
    public void readAnswer(boolean on) {
      events.add("read answer " + on);
    }

    @Override
    public void readRequest(boolean on) {
      events.add("read " + on);
    }

    @Override
    public int bufferLimit() {
      return limit;
    }
  }

  private StreamFilters made() {
    StreamFilters known = filters;
    if (known == null) {
      throw new IllegalStateException("no filters yet");
    }
    return known;
  }

  private void chain(Scripted... all) {
    List<NamedFilter> named = new ArrayList<>();
    for (Scripted each : all) {
      named.add(new NamedFilter(each.name, each::on));
    }
    filters = new StreamFilters(ends, named);
  }

  private void request(String text, boolean end) {
    made().decodeData(part(text), end);
  }

  private void answer(String text, boolean end) {
    made().encodeData(part(text), end);
  }

  private ByteBuf part(String text) {
    ByteBuf part = Unpooled.copiedBuffer(text, US_ASCII);
    sent.add(part);
    return part;
  }

  private List<String> news() {
    List<String> news = List.copyOf(events);
    events.clear();
    return news;
  }

  @AfterEach
  void everyPartIsReleasedOnce() {
    made().destroy();
    assertThat(sent).allMatch(part -> part.refCnt() == 0);
  }

  @Test
  void requestsPassInOrderAndAnswersInReverse() {
    chain(new Scripted("a"), new Scripted("b"));
    made().decodeHead(false);
    request("x", true);
    assertThat(news())
        .containsExactly("a head", "b head", "router head", "a x end", "b x end", "router x end");

    made().encodeHead(200, new DefaultHttpHeaders(), false);
    answer("y", true);
    assertThat(news())
        .containsExactly(
            "b answer 200",
            "a answer 200",
            "client 200",
            "b answer y end",
            "a answer y end",
            "client y end");
  }

  @Test
  void aHeadThatIsStoppedGoesOnWhenItsFilterSaysSo() {
    Scripted b = new Scripted("b");
    b.head = HeadStatus.STOP_ALL;
    chain(new Scripted("a"), b, new Scripted("c"));
    made().decodeHead(true);
    assertThat(news()).containsExactly("a head end", "b head end");

    b.stream().continueDecoding();
    assertThat(news()).containsExactly("c head end", "router head end", "flush");

    b.stream().continueDecoding();
    assertThat(news()).isEmpty();
  }

  @Test
  void aBodyBehindItWaitsUnseenAndInOrder() {
    Scripted b = new Scripted("b");
    b.head = HeadStatus.STOP_ALL;
    chain(new Scripted("a"), b);
    made().decodeHead(false);
    request("1", false);
    request("2", true);
    assertThat(news()).containsExactly("a head", "b head", "a 1", "a 2 end");

    b.stream().continueDecoding();
    assertThat(news())
        .containsExactly(
            "router head", "read true", "b 1", "router 1", "b 2 end", "router 2 end", "flush");
  }

  private static HttpHeaders trailers() {
    return new DefaultHttpHeaders().add("t", "v");
  }

  @Test
  void trailersPassBehindTheBody() {
    chain(new Scripted("a"), new Scripted("b"));
    made().decodeHead(false);
    request("x", false);
    made().decodeTrailers(trailers());
    assertThat(news())
        .endsWith("a x", "b x", "router x", "a trailers v", "b trailers v", "router trailers v");

    made().encodeHead(200, new DefaultHttpHeaders(), false);
    answer("y", false);
    made().encodeTrailers(trailers());
    assertThat(news()).endsWith("b answer trailers v", "a answer trailers v", "client trailers v");
  }

  @Test
  void trailersLetGoOfWhatWaitedForTheEnd() {
    Scripted a = new Scripted("a");
    a.head = HeadStatus.STOP;
    a.data = DataStatus.STOP_AND_BUFFER;
    chain(a);
    made().decodeHead(false);
    request("x", false);
    made().decodeTrailers(trailers());
    assertThat(news())
        .containsExactly(
            "a head",
            "a x",
            "a trailers v",
            "router head",
            "read true",
            "router x",
            "router trailers v");
  }

  @Test
  void trailersThatAreStoppedGoOnLast() {
    Scripted a = new Scripted("a");
    a.trailers = TrailersStatus.STOP;
    a.data = DataStatus.STOP_AND_BUFFER;
    chain(a);
    made().decodeHead(false);
    request("x", false);
    made().decodeTrailers(trailers());
    assertThat(news()).containsExactly("a head", "router head", "a x", "a trailers v");
    a.stream().continueDecoding();
    assertThat(news()).containsExactly("read true", "router x", "router trailers v", "flush");
  }

  @Test
  void trailersBehindAHeadThatStoppedAllAreSeenWithTheRest() {
    Scripted a = new Scripted("a");
    a.head = HeadStatus.STOP_ALL;
    chain(a);
    made().decodeHead(false);
    request("x", false);
    made().decodeTrailers(trailers());
    assertThat(news()).containsExactly("a head");
    a.stream().continueDecoding();
    assertThat(news())
        .containsExactly(
            "router head",
            "read true",
            "a x",
            "router x",
            "a trailers v",
            "router trailers v",
            "flush");
  }

  @Test
  void whoeverSendsTooMuchMeanwhileIsNotRead() {
    Scripted a = new Scripted("a");
    a.head = HeadStatus.STOP_ALL;
    ends.limit = 3;
    chain(a);
    made().decodeHead(false);
    request("12", false);
    assertThat(news()).containsExactly("a head");
    request("34", false);
    assertThat(news()).containsExactly("read false");
    a.stream().continueDecoding();
    assertThat(news())
        .containsExactly(
            "router head", "read true", "a 12", "router 12", "a 34", "router 34", "flush");
  }

  @Test
  void aFilterMayWantToSeeTheBodyBeforeTheHeadGoesOn() {
    Scripted a = new Scripted("a");
    a.head = HeadStatus.STOP;
    a.data = DataStatus.STOP_AND_BUFFER;
    chain(a, new Scripted("b"));
    made().decodeHead(false);
    request("1", false);
    request("2", false);
    assertThat(news()).containsExactly("a head", "a 1", "a 2");

    a.data = DataStatus.CONTINUE;
    request("3", true);
    assertThat(news())
        .containsExactly(
            "a 3 end",
            "b head",
            "router head",
            "read true",
            "b 1",
            "router 1",
            "b 2",
            "router 2",
            "b 3 end",
            "router 3 end");
  }

  @Test
  void whatDoesNotFitTheBufferIsAnswered() {
    Scripted a = new Scripted("a");
    a.head = HeadStatus.STOP;
    a.data = DataStatus.STOP_AND_BUFFER;
    chain(a);
    a.stream().decoderBufferLimit(3);
    made().decodeHead(false);
    request("123", false);
    request("4", false);
    request("5", true);
    a.stream().continueDecoding();
    assertThat(news()).containsExactly("a head", "a 123", "a 4", "too large");
  }

  @Test
  void aPartThatIsTakenGoesNoFurtherButTheEndDoes() {
    Scripted a = new Scripted("a");
    chain(a);
    made().decodeHead(false);
    a.data = DataStatus.TAKEN;
    request("1", false);
    request("2", true);
    assertThat(news()).containsExactly("a head", "router head", "a 1", "a 2 end");
    a.stream().continueDecoding();
    assertThat(news()).containsExactly("read true", "router  end", "flush");
  }

  @Test
  void aFilterAnswersAndTheRequestEndsThere() {
    Scripted b = new Scripted("b");
    b.reply = new LocalReply(403, "", null, "b");
    b.head = HeadStatus.STOP_ALL;
    chain(new Scripted("a"), b, new Scripted("c"));
    made().decodeHead(false);
    request("1", true);
    b.stream().continueDecoding();
    assertThat(news())
        .containsExactly(
            "a head", "b head", "c answer 403", "b answer 403", "a answer 403", "client 403");
  }

  @Test
  void anAnswerMayWaitToo() {
    Scripted a = new Scripted("a");
    a.answer = HeadStatus.STOP_ALL;
    chain(a, new Scripted("b"));
    made().decodeHead(true);
    news();
    made().encodeHead(200, new DefaultHttpHeaders(), false);
    answer("y", true);
    assertThat(news()).containsExactly("b answer 200", "a answer 200", "b answer y end");
    a.stream().continueEncoding();
    assertThat(news())
        .containsExactly("client 200", "a answer y end", "client y end", "flush answer");
  }

  @Test
  void anAnswerThatWaitsIsBounded() {
    Scripted a = new Scripted("a");
    a.answer = HeadStatus.STOP_ALL;
    ends.limit = 3;
    chain(a);
    made().encodeHead(200, new DefaultHttpHeaders(), false);
    answer("1234", false);
    assertThat(news()).containsExactly("a answer 200", "answer too large");
  }

  @Test
  void whatWaitsIsReleasedWithTheStream() {
    Scripted a = new Scripted("a");
    a.head = HeadStatus.STOP_ALL;
    chain(a);
    made().decodeHead(false);
    request("1", false);
    made().destroy();
    request("2", true);
    a.stream().continueDecoding();
    a.stream().localReply(new LocalReply(500, "", null, "late"));
    assertThat(news()).containsExactly("a head", "a destroyed");
  }
}
