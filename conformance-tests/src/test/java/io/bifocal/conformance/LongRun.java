package io.bifocal.conformance;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/**
 * What takes minutes, or says once more what a shorter test says: run with {@code CI=true}, as
 * {@code scripts/test --all} has it. Otherwise it is skipped, and the summary says so.
 */
@Tag("long")
@EnabledIfEnvironmentVariable(named = "CI", matches = "true", disabledReason = LongRun.REASON)
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface LongRun {
  /** Why it is skipped. */
  String REASON = "long; scripts/test --all runs it";

  /** Whether what is long is run. */
  boolean ON = "true".equals(System.getenv("CI"));
}
