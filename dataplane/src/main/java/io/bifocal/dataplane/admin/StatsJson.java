package io.bifocal.dataplane.admin;

import com.google.gson.stream.JsonWriter;
import io.bifocal.dataplane.stats.Histogram;
import io.bifocal.dataplane.stats.Sharded;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.stats.TextReadout;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.util.Iterator;
import java.util.List;

/** {@code /stats?format=json}. */
final class StatsJson {
  private final StringWriter text = new StringWriter();
  private final JsonWriter out = new JsonWriter(text);

  private StatsJson() {}

  static CharSequence print(StatsStore store, StatsQuery query) {
    StatsJson json = new StatsJson();
    try {
      json.write(store, query);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return json.text.getBuffer();
  }

  private void write(StatsStore store, StatsQuery query) throws IOException {
    out.beginObject().name("stats").beginArray();
    for (TextReadout readout : query.texts(store).toList()) {
      named(readout.name().full()).name("value").value(readout.value()).endObject();
    }
    for (Iterator<? extends Sharded> numbers = query.numbers(store).iterator();
        numbers.hasNext(); ) {
      Sharded number = numbers.next();
      BigInteger value = new BigInteger(Long.toUnsignedString(number.value()));
      named(number.name().full()).name("value").value(value).endObject();
    }
    List<Histogram> histograms = query.histograms(store).toList();
    if (!histograms.isEmpty()) {
      out.beginObject().name("histograms");
      switch (query.buckets()) {
        case SUMMARY -> summaries(histograms);
        case DETAILED -> details(histograms);
        case CUMULATIVE -> buckets(histograms, true);
        case DISJOINT -> buckets(histograms, false);
      }
      out.endObject();
    }
    out.endArray().endObject();
  }

  private JsonWriter named(String name) throws IOException {
    return out.beginObject().name("name").value(name);
  }

  private void summaries(List<Histogram> histograms) throws IOException {
    out.beginObject();
    quantileNames("supported_quantiles");
    out.name("computed_quantiles").beginArray();
    for (Histogram histogram : histograms) {
      named(histogram.name().full());
      quantiles("values", histogram);
      out.endObject();
    }
    out.endArray().endObject();
  }

  private void details(List<Histogram> histograms) throws IOException {
    out.beginObject();
    quantileNames("supported_percentiles");
    out.name("details").beginArray();
    for (Histogram histogram : histograms) {
      named(histogram.name().full());
      ranges("totals", histogram.cumulative());
      ranges("intervals", histogram.interval());
      quantiles("percentiles", histogram);
      out.endObject();
    }
    out.endArray().endObject();
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

  private void buckets(List<Histogram> histograms, boolean cumulative) throws IOException {
    out.beginArray();
    for (Histogram histogram : histograms) {
      var total = histogram.cumulative();
      var interval = histogram.interval();
      named(histogram.name().full()).name("buckets").beginArray();
      for (int i = 0; i < HistogramShape.BOUNDS.size(); i++) {
        double bound = HistogramShape.BOUNDS.get(i);
        out.beginObject().name("upper_bound").jsonValue(HistogramShape.plain(bound));
        out.name("interval")
            .value(
                cumulative
                    ? HistogramShape.atMost(interval, bound)
                    : HistogramShape.in(interval, i));
        out.name("cumulative")
            .value(cumulative ? HistogramShape.atMost(total, bound) : HistogramShape.in(total, i));
        out.endObject();
      }
      out.endArray().endObject();
    }
    out.endArray();
  }
}
