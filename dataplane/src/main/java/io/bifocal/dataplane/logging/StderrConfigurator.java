package io.bifocal.dataplane.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;

/**
 * How the program logs where nobody says otherwise: to stderr, in Envoy's form. Logback finds it as
 * a service, after any file of its own; in Java because reading a file of XML costs a small proxy
 * some megabytes. The properties are set by flags before the first logger is made:
 *
 * <ul>
 *   <li>{@code bifocal.log.level}, a level of Logback, {@code INFO} unless set
 *   <li>{@code bifocal.log.libraries}, the same for Netty and gRPC, {@code WARN} unless set
 *   <li>{@code bifocal.log.pattern}, a pattern of Logback
 * </ul>
 */
@ConfiguratorRank(StderrConfigurator.AFTER_FILES)
public final class StderrConfigurator extends ContextAwareBase implements Configurator {
  static final int AFTER_FILES = ConfiguratorRank.NOMINAL - 5;

  private static final String LINE =
      "[%d{yyyy-MM-dd HH:mm:ss.SSS}][%thread][%level][%logger{0}] %msg%n%ex";

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern(System.getProperty("bifocal.log.pattern", LINE));
    encoder.start();
    ConsoleAppender<ILoggingEvent> stderr = new ConsoleAppender<>();
    stderr.setContext(context);
    stderr.setName("STDERR");
    stderr.setTarget("System.err");
    stderr.setEncoder(encoder);
    stderr.start();
    Level libraries = level("bifocal.log.libraries", Level.WARN);
    context.getLogger("io.netty").setLevel(libraries);
    context.getLogger("io.grpc").setLevel(libraries);
    Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.setLevel(level("bifocal.log.level", Level.INFO));
    root.addAppender(stderr);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  private static Level level(String property, Level otherwise) {
    return Level.toLevel(System.getProperty(property), otherwise);
  }
}
