package io.bifocal.dataplane.admin;

import com.google.common.collect.Iterators;
import com.google.gson.stream.JsonWriter;
import io.bifocal.dataplane.stats.Histogram;
import io.bifocal.dataplane.stats.Sharded;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.stats.TextReadout;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.util.Collections;
import java.util.Iterator;

/** {@code /stats?format=json}. */
final class StatsJson {
  private final StringWriter text = new StringWriter();
  private final JsonWriter out = new JsonWriter(text);

  private StatsJson() {}

  /** What is written at once. */
  @FunctionalInterface
  private interface Piece {
    void write() throws IOException;
  }

  /** Statistic by statistic, as the text's lines: there may be a million. */
  static Iterator<CharSequence> print(StatsStore store, StatsQuery query) {
    StatsJson json = new StatsJson();
    return Iterators.transform(json.pieces(store, query), json::print);
  }

  private CharSequence print(Piece piece) {
    try {
      piece.write();
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String printed = text.toString();
    text.getBuffer().setLength(0);
    return printed;
  }

  private Iterator<Piece> pieces(StatsStore store, StatsQuery query) {
    Iterator<Piece> histograms =
        query.histograms(store).<Piece>map(h -> () -> histogram(h, query.buckets())).iterator();
    return Iterators.concat(
        one(() -> out.beginObject().name("stats").beginArray()),
        query.texts(store).<Piece>map(t -> () -> text(t)).iterator(),
        query.numbers(store).<Piece>map(n -> () -> number(n)).iterator(),
        histograms.hasNext()
            ? Iterators.concat(
                one(() -> beginHistograms(query.buckets())),
                histograms,
                one(() -> endHistograms(query.buckets())))
            : Collections.<Piece>emptyIterator(),
        one(() -> out.endArray().endObject()));
  }

  private static Iterator<Piece> one(Piece piece) {
    return Iterators.singletonIterator(piece);
  }

  private void text(TextReadout readout) throws IOException {
    named(readout.name().full()).name("value").value(readout.value()).endObject();
  }

  private void number(Sharded number) throws IOException {
    BigInteger value = new BigInteger(Long.toUnsignedString(number.value()));
    named(number.name().full()).name("value").value(value).endObject();
  }

  private void beginHistograms(StatsQuery.Buckets buckets) throws IOException {
    out.beginObject().name("histograms");
    switch (buckets) {
      case SUMMARY -> {
        out.beginObject();
        quantileNames("supported_quantiles");
        out.name("computed_quantiles");
      }
      case DETAILED -> {
        out.beginObject();
        quantileNames("supported_percentiles");
        out.name("details");
      }
      case CUMULATIVE, DISJOINT -> {}
    }
    out.beginArray();
  }

  private void histogram(Histogram histogram, StatsQuery.Buckets buckets) throws IOException {
    named(histogram.name().full());
    switch (buckets) {
      case SUMMARY -> quantiles("values", histogram);
      case DETAILED -> {
        ranges("totals", histogram.cumulative());
        ranges("intervals", histogram.interval());
        quantiles("percentiles", histogram);
      }
      case CUMULATIVE -> buckets(histogram, true);
      case DISJOINT -> buckets(histogram, false);
    }
    out.endObject();
  }

  private void endHistograms(StatsQuery.Buckets buckets) throws IOException {
    out.endArray();
    if (buckets == StatsQuery.Buckets.SUMMARY || buckets == StatsQuery.Buckets.DETAILED) {
      out.endObject();
    }
    out.endObject();
  }

  private JsonWriter named(String name) throws IOException {
    return out.beginObject().name("name").value(name);
  }

  private void quantileNames(String name) throws IOException {
    out.name(name).beginArray();
    for (double quantile : HistogramShape.QUANTILES) {
      out.jsonValue(HistogramShape.plain(quantile));
    }
    out.endArray();
  }

  private void quantiles(String name, Histogram histogram) throws IOException {
    var total = histogram.cumulative();
    var interval = histogram.interval();
    out.name(name).beginArray();
    for (double quantile : HistogramShape.QUANTILES) {
      out.beginObject();
      out.name("cumulative");
      quantile(total, quantile);
      out.name("interval");
      quantile(interval, quantile);
      out.endObject();
    }
    out.endArray();
  }

  private void quantile(org.HdrHistogram.Histogram histogram, double quantile) throws IOException {
    if (histogram.getTotalCount() == 0) {
      out.nullValue();
    } else {
      out.value(HistogramShape.quantile(histogram, quantile));
    }
  }

  private void ranges(String name, org.HdrHistogram.Histogram histogram) throws IOException {
    out.name(name).beginArray();
    for (var value : histogram.recordedValues()) {
      long low = histogram.lowestEquivalentValue(value.getValueIteratedTo());
      out.beginObject().name("lower_bound").value(low);
      out.name("width").value(histogram.sizeOfEquivalentValueRange(low));
      out.name("count").value(value.getCountAtValueIteratedTo()).endObject();
    }
    out.endArray();
  }

  private void buckets(Histogram histogram, boolean cumulative) throws IOException {
    var total = histogram.cumulative();
    var interval = histogram.interval();
    out.name("buckets").beginArray();
    for (int i = 0; i < HistogramShape.BOUNDS.size(); i++) {
      double bound = HistogramShape.BOUNDS.get(i);
      out.beginObject().name("upper_bound").jsonValue(HistogramShape.plain(bound));
      out.name("interval")
          .value(
              cumulative ? HistogramShape.atMost(interval, bound) : HistogramShape.in(interval, i));
      out.name("cumulative")
          .value(cumulative ? HistogramShape.atMost(total, bound) : HistogramShape.in(total, i));
      out.endObject();
    }
    out.endArray();
  }
}
