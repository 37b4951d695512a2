package io.bifocal.api.constraint;

import com.google.common.base.Utf8;
import com.google.protobuf.ByteString;
import com.google.re2j.Pattern;
import io.envoyproxy.pgv.validate.Validate.BytesRules;
import io.envoyproxy.pgv.validate.Validate.KnownRegex;
import io.envoyproxy.pgv.validate.Validate.StringRules;
import java.util.Set;
import java.util.function.ToLongFunction;

/** Strings and bytes. */
final class TextRules {
  private static final String HEADER_NAME = "^:?[0-9a-zA-Z!#$%&'*+-.^_|~`]+$";
  private static final String HEADER_VALUE = "^[^\u0000-\b\n-\u001f\u007f]*$";
  private static final String HEADER_LENIENT = "^[^\u0000\n\r]*$";

  private TextRules() {}

  static ValueCheck string(StringRules rules) {
    Handled.only(
        rules,
        Set.of(
            "const",
            "in",
            "not_in",
            "len",
            "min_len",
            "max_len",
            "len_bytes",
            "min_bytes",
            "max_bytes",
            "prefix",
            "suffix",
            "contains",
            "not_contains",
            "pattern",
            "well_known_regex",
            "strict",
            "ignore_empty"));
    return ValueCheck.allOf(
            rules.hasConst()
                ? test(
                    value -> value.equals(rules.getConst()),
                    "value must equal " + GoText.quoted(rules.getConst()))
                : ValueCheck.NONE,
            ScalarRules.in(rules.getInList()),
            ScalarRules.notIn(rules.getNotInList()),
            characters(rules),
            length(
                value -> Utf8.encodedLength((String) value),
                rules.hasLenBytes() || rules.hasMinBytes(),
                rules.hasLenBytes() ? rules.getLenBytes() : rules.getMinBytes(),
                rules.hasLenBytes() || rules.hasMaxBytes(),
                rules.hasLenBytes() ? rules.getLenBytes() : rules.getMaxBytes()),
            rules.hasPrefix()
                ? test(
                    value -> value.startsWith(rules.getPrefix()),
                    "value does not have prefix " + GoText.quoted(rules.getPrefix()))
                : ValueCheck.NONE,
            rules.hasSuffix()
                ? test(
                    value -> value.endsWith(rules.getSuffix()),
                    "value does not have suffix " + GoText.quoted(rules.getSuffix()))
                : ValueCheck.NONE,
            rules.hasContains()
                ? test(
                    value -> value.contains(rules.getContains()),
                    "value does not contain substring " + GoText.quoted(rules.getContains()))
                : ValueCheck.NONE,
            rules.hasNotContains()
                ? test(
                    value -> !value.contains(rules.getNotContains()),
                    "value contains substring " + GoText.quoted(rules.getNotContains()))
                : ValueCheck.NONE,
            pattern(rules))
        .unless(rules.getIgnoreEmpty(), "");
  }

  private interface StringTest {
    boolean passes(String value);
  }

  private static ValueCheck test(StringTest test, String text) {
    return value -> test.passes((String) value) ? null : text;
  }

  /** Code points, as what a control plane calls a character. */
  private static ValueCheck characters(StringRules rules) {
    long min = rules.hasLen() ? rules.getLen() : rules.getMinLen();
    long max = rules.hasLen() ? rules.getLen() : rules.getMaxLen();
    boolean floored = rules.hasLen() || rules.hasMinLen();
    boolean bounded = rules.hasLen() || rules.hasMaxLen();
    if (!floored && !bounded) {
      return ValueCheck.NONE;
    }
    String text;
    if (floored && bounded && min == max) {
      text = "value must be " + min + " characters";
    } else if (floored && bounded) {
      text = "value must have between " + min + " and " + max + " characters inclusive";
    } else {
      text =
          bounded
              ? "value length must be at most " + max + " characters"
              : "value length must be at least " + min + " characters";
    }
    return test(
        value -> {
          int length = value.codePointCount(0, value.length());
          return length >= min && (!bounded || length <= max);
        },
        text);
  }

  private static ValueCheck length(
      ToLongFunction<Object> length, boolean floored, long min, boolean bounded, long max) {
    if (!floored && !bounded) {
      return ValueCheck.NONE;
    }
    String text;
    if (floored && bounded && min == max) {
      text = "value length must be " + min + " bytes";
    } else if (floored && bounded) {
      text = "value length must be between " + min + " and " + max + " bytes, inclusive";
    } else {
      text =
          bounded
              ? "value length must be at most " + max + " bytes"
              : "value length must be at least " + min + " bytes";
    }
    return value -> {
      long bytes = length.applyAsLong(value);
      return bytes >= min && (!bounded || bytes <= max) ? null : text;
    };
  }

  private static ValueCheck pattern(StringRules rules) {
    String pattern = rules.getPattern();
    if (rules.hasWellKnownRegex()) {
      boolean lenient = rules.hasStrict() && !rules.getStrict();
      pattern = wellKnown(rules.getWellKnownRegex(), lenient);
    }
    return pattern.isEmpty() ? ValueCheck.NONE : matches(pattern);
  }

  private static String wellKnown(KnownRegex known, boolean lenient) {
    return switch (known) {
      case UNKNOWN -> "";
      case HTTP_HEADER_NAME -> lenient ? HEADER_LENIENT : HEADER_NAME;
      case HTTP_HEADER_VALUE -> lenient ? HEADER_LENIENT : HEADER_VALUE;
    };
  }

  private static ValueCheck matches(String pattern) {
    Pattern compiled = Pattern.compile(pattern);
    return test(compiled::matches, "value does not match regex pattern " + GoText.quoted(pattern));
  }

  static ValueCheck bytes(BytesRules rules) {
    Handled.only(rules, Set.of("len", "min_len", "max_len", "ignore_empty"));
    return length(
            value -> ((ByteString) value).size(),
            rules.hasLen() || rules.hasMinLen(),
            rules.hasLen() ? rules.getLen() : rules.getMinLen(),
            rules.hasLen() || rules.hasMaxLen(),
            rules.hasLen() ? rules.getLen() : rules.getMaxLen())
        .unless(rules.getIgnoreEmpty(), ByteString.EMPTY);
  }
}
