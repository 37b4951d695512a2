package io.bifocal.dataplane.format;

import io.bifocal.dataplane.format.CommandTable.Syntax;
import io.bifocal.dataplane.stream.HeaderBytes;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What is told of a request and of its answer, and of where both are. */
final class RequestCommands {
  private RequestCommands() {}

  static void addTo(CommandTable table) {
    table.put("REQ", Syntax.PARAMETERS_AND_LENGTH, Headers::request);
    table.put("REQ_WITHOUT_QUERY", Syntax.PARAMETERS_AND_LENGTH, Headers::requestWithoutQuery);
    table.put("RESP", Syntax.PARAMETERS_AND_LENGTH, Headers::response);
    table.put("TRAILER", Syntax.PARAMETERS_AND_LENGTH, Headers::trailer);
    table.put("RESPONSE_TRAILER", Syntax.PARAMETERS_AND_LENGTH, Headers::trailer);
    table.put("STREAM_INFO_REQ", Syntax.PARAMETERS_AND_LENGTH, Headers::request);
    table.put("PATH", Syntax.OPTIONAL_PARAMETERS, Headers::path);
    table.put("QUERY_PARAM", Syntax.PARAMETERS_AND_LENGTH, Headers::queryParameter);
    table.put("REQUEST_HEADER", Syntax.PARAMETERS_AND_LENGTH, Headers::request);
    table.put("RESPONSE_HEADER", Syntax.PARAMETERS_AND_LENGTH, Headers::response);
    table.put("QUERY_PARAMS", Syntax.OPTIONAL_PARAMETERS, Headers::query);
    table.put("DYNAMIC_METADATA", Syntax.PARAMETERS_AND_LENGTH, MetadataCommands::dynamic);
    table.put("METADATA", Syntax.ANYTHING, MetadataCommands::typed);
    table.put("FILTER_STATE", Syntax.ANYTHING, FilterState::of);
    table.put("GRPC_STATUS", Syntax.OPTIONAL_PARAMETERS, GrpcCommands::status);
    table.put("GRPC_STATUS_NUMBER", GrpcCommands.NUMBER);
    table.number("REQUEST_HEADERS_BYTES", HeaderBytes::ofRequest);
    table.number("RESPONSE_HEADERS_BYTES", HeaderBytes::ofResponse);
    table.number("RESPONSE_TRAILERS_BYTES", HeaderBytes::ofTrailers);
    table.put(
        "LOCAL_REPLY_BODY",
        (stream, out) -> {
          out.append(stream.localReplyBody);
          return true;
        });
    table.put("COALESCE", Syntax.PARAMETERS_AND_LENGTH, Coalesce::of);
    table.text("PROTOCOL", s -> s.protocol);
    table.number("RESPONSE_CODE", s -> s.responseCode);
    table.put(
        "RESPONSE_CODE_DETAILS",
        Syntax.OPTIONAL_PARAMETERS,
        parameters -> {
          Command details = Command.text(s -> s.responseCodeDetails);
          return parameters.equals("ALLOW_WHITESPACES") ? details : details.withoutSpaces();
        });
    table.put("RESPONSE_FLAGS", flags(ResponseFlag::code));
    table.put("RESPONSE_FLAGS_LONG", flags(ResponseFlag::longName));
    table.number("BYTES_RECEIVED", s -> s.bytesReceived);
    table.number("BYTES_SENT", s -> s.bytesSent);
    table.text("ROUTE_NAME", s -> s.routeName);
    table.text("VIRTUAL_CLUSTER_NAME", s -> s.virtualCluster);
    table.number("ROUTE_RESOLUTION_COUNT", s -> s.routeLookups);
    table.text("STREAM_ID", RequestCommands::streamId);
    table.text("UNIQUE_ID", StreamInfo::uniqueId);
    table.put("CUSTOM_FLAGS", Command.EMPTY);
    table.text("ACCESS_LOG_TYPE", s -> s.logType.text());
    String hostname = localName();
    table.text("HOSTNAME", s -> hostname);
    table.put(
        "ENVIRONMENT",
        Syntax.PARAMETERS_AND_LENGTH,
        name -> {
          String value = System.getenv(name);
          return Command.text(s -> value);
        });
  }

  /** As Envoy: none is a hyphen, even where other commands without a value are nothing. */
  private static Command flags(Function<ResponseFlag, String> name) {
    return (stream, out) -> {
      String separator = "";
      for (ResponseFlag flag : stream.flags()) {
        out.append(separator).append(name.apply(flag));
        separator = ",";
      }
      if (separator.isEmpty()) {
        out.append('-');
      }
      return true;
    };
  }

  /** The id that a request is traced by; of a connection one that is made up. */
  private static @Nullable String streamId(StreamInfo stream) {
    return stream.requestHeaders == null
        ? stream.uniqueId()
        : stream.requestHeaders.get("x-request-id");
  }

  /** The kernel's name for this machine; a resolver is never asked. */
  private static String localName() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (IOException e) {
      return System.getenv().getOrDefault("HOSTNAME", "localhost");
    }
  }
}
