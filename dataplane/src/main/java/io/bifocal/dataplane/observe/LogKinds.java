package io.bifocal.dataplane.observe;

import com.google.protobuf.Any;
import com.google.protobuf.Struct;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.extension.AccessLogFactory;
import io.bifocal.dataplane.extension.Registry;
import io.bifocal.dataplane.format.Format;
import io.bifocal.dataplane.format.FormatReader;
import io.bifocal.dataplane.stream.AccessLog;
import io.envoyproxy.envoy.config.core.v3.SubstitutionFormatString;
import io.envoyproxy.envoy.extensions.access_loggers.file.v3.FileAccessLog;
import io.envoyproxy.envoy.extensions.access_loggers.stream.v3.StderrAccessLog;
import io.envoyproxy.envoy.extensions.access_loggers.stream.v3.StdoutAccessLog;
import io.netty.util.concurrent.FastThreadLocal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The kinds of access logs: to a file, to a standard stream, and those that are not sent. */
final class LogKinds {
  private static final Logger log = LoggerFactory.getLogger(LogKinds.class);
  private static final String TYPE = "type.googleapis.com/envoy.extensions.access_loggers.";

  private static final FastThreadLocal<StringBuilder> LINE =
      new FastThreadLocal<>() {
        @Override
        protected StringBuilder initialValue() {
          return new StringBuilder(512);
        }
      };
  private static final int LINE_TO_KEEP = 16 << 10;

  private LogKinds() {}

  static void register(Registry<AccessLogFactory> registry, AccessLogFiles files) {
    registry
        .register(TYPE + "file.v3.FileAccessLog", config -> file(config, files))
        .register(
            TYPE + "stream.v3.StdoutAccessLog",
            config -> {
              var stdout = Unpack.as(StdoutAccessLog.getDefaultInstance(), config);
              return to(
                  files.file("/dev/stdout"), format(stdout.hasLogFormat(), stdout.getLogFormat()));
            })
        .register(
            TYPE + "stream.v3.StderrAccessLog",
            config -> {
              var stderr = Unpack.as(StderrAccessLog.getDefaultInstance(), config);
              return to(
                  files.file("/dev/stderr"), format(stderr.hasLogFormat(), stderr.getLogFormat()));
            })
        .register(TYPE + "grpc.v3.HttpGrpcAccessLogConfig", LogKinds::notSent)
        .register(TYPE + "grpc.v3.TcpGrpcAccessLogConfig", LogKinds::notSent)
        .register(TYPE + "open_telemetry.v3.OpenTelemetryAccessLogConfig", LogKinds::notSent);
  }

  @SuppressWarnings("deprecation") // control planes still send the old formats
  private static AccessLog file(Any config, AccessLogFiles files) throws ConfigException {
    FileAccessLog file = Unpack.as(FileAccessLog.getDefaultInstance(), config);
    Format format =
        switch (file.getAccessLogFormatCase()) {
          case FORMAT ->
              file.getFormat().isEmpty() ? Format.DEFAULT : Format.text(file.getFormat());
          case JSON_FORMAT -> json(file.getJsonFormat(), false);
          case TYPED_JSON_FORMAT -> json(file.getTypedJsonFormat(), false);
          case LOG_FORMAT -> format(true, file.getLogFormat());
          case ACCESSLOGFORMAT_NOT_SET -> Format.DEFAULT;
        };
    return to(files.file(file.getPath()), format);
  }

  private static AccessLog to(LogFile file, Format format) {
    if (!format.withoutValue().isEmpty()) {
      log.warn(
          "access log commands without a value here, written as none: {}", format.withoutValue());
    }
    return stream -> {
      StringBuilder line = LINE.get();
      line.setLength(0);
      format.append(stream, line);
      file.append(line);
      if (line.capacity() > LINE_TO_KEEP) {
        LINE.remove();
      }
    };
  }

  private static Format format(boolean configured, SubstitutionFormatString format)
      throws ConfigException {
    return configured ? FormatReader.read(format) : Format.DEFAULT;
  }

  private static Format json(Struct format, boolean omitEmpty) throws ConfigException {
    return Format.json(format, omitEmpty);
  }

  /** Taken, so that a configuration for Envoy works; losing a log is safe where it is said. */
  private static AccessLog notSent(Any config) {
    log.warn(
        "access logs of {} are not sent: only files and streams are written", config.getTypeUrl());
    return stream -> {};
  }
}
