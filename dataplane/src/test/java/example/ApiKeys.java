package example;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.TypedStructs;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.filter.FilterStream;
import io.bifocal.dataplane.http.filter.HeadStatus;
import io.bifocal.dataplane.http.filter.HttpFilter;
import io.bifocal.dataplane.http.filter.HttpFilterContext;
import io.bifocal.dataplane.http.filter.HttpFilterFactory;
import io.bifocal.dataplane.http.filter.LocalReply;
import io.bifocal.dataplane.stats.Counter;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** Lets requests pass whose key is good; whoever knows that may take a while. */
public final class ApiKeys implements HttpFilterFactory {
  private final Function<String, CompletionStage<Boolean>> keys;

  /** Asks {@code keys}, on a worker: it must not block. */
  public ApiKeys(Function<String, CompletionStage<Boolean>> keys) {
    this.keys = keys;
  }

  @Override
  public String kind() {
    return "example.api_keys";
  }

  @Override
  public String typeUrl() {
    return "type.googleapis.com/example.ApiKeys";
  }

  @Override
  public HttpFilter.Maker create(Any config, HttpFilterContext context) throws ConfigException {
    String header = header(config);
    Counter denied = context.scope().counter("api_keys.denied");
    return stream -> new Check(stream, header, denied);
  }

  @Override
  public Object routeConfig(Any config) throws ConfigException {
    return header(config);
  }

  private static String header(Any config) throws ConfigException {
    String header =
        TypedStructs.fields(config)
            .getFieldsOrDefault("header", com.google.protobuf.Value.getDefaultInstance())
            .getStringValue();
    if (header.isEmpty()) {
      throw new ConfigException("api_keys: header is missing");
    }
    return header;
  }

  private final class Check implements HttpFilter {
    private final FilterStream stream;
    private final String header;
    private final Counter denied;

    Check(FilterStream stream, String header, Counter denied) {
      this.stream = stream;
      this.header = header;
      this.denied = denied;
    }

    @Override
    public HeadStatus decodeHead(RequestHead head, boolean end) {
      List<Object> routes = stream.routeConfigs();
      String wanted = routes.isEmpty() ? header : (String) routes.get(routes.size() - 1);
      String key = head.headers.get(wanted, "");
      keys.apply(key)
          .whenComplete((good, e) -> stream.loop().execute(() -> decide(e == null && good)));
      return HeadStatus.STOP_ALL;
    }

    private void decide(boolean good) {
      if (good) {
        stream.continueDecoding();
      } else {
        denied.at(stream.shard()).inc();
        stream.localReply(new LocalReply(401, "no such key", null, "api_key_denied"));
      }
    }
  }
}
