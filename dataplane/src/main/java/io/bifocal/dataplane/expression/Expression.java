package io.bifocal.dataplane.expression;

import com.google.api.expr.v1alpha1.CheckedExpr;
import com.google.api.expr.v1alpha1.Expr;
import com.google.api.expr.v1alpha1.ParsedExpr;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelOptions;
import dev.cel.common.CelProtoV1Alpha1AbstractSyntaxTree;
import dev.cel.common.CelValidationException;
import dev.cel.parser.CelParser;
import dev.cel.parser.CelParserFactory;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.stream.StreamInfo;
import org.jspecify.annotations.Nullable;

/**
 * A compiled expression. It is not checked for types: what a stream lacks is found out when it is
 * asked. Immutable; any thread may use it.
 *
 * <p>Source: Envoy's attributes and its use of CEL, texts of errors included.
 */
public final class Expression {
  private final CelRuntime.Program program;

  private Expression(CelRuntime.Program program) {
    this.program = program;
  }

  // Who writes no expression does not load what they need.
  private static final class Language {
    static final CelParser PARSER =
        CelParserFactory.standardCelParserBuilder()
            .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
            .build();
    static final CelRuntime RUNTIME =
        CelRuntimeFactory.plannerRuntimeBuilder()
            .setOptions(
                CelOptions.current()
                    .enableHeterogeneousNumericComparisons(true)
                    .comprehensionMaxIterations(10_000)
                    .build())
            .build();

    private Language() {}
  }

  /**
   * Compiles a text.
   *
   * @param what it is, for an error: {@code expression}, {@code filter expression}
   * @throws ConfigException when it is not in the language, or calls what there is not
   */
  public static Expression parse(String text, String what) throws ConfigException {
    try {
      return of(Language.PARSER.parse(text).getAst());
    } catch (CelValidationException e) {
      throw new ConfigException(
          "Not able to parse %s: INVALID_ARGUMENT: %s".formatted(what, e.getMessage()), e);
    }
  }

  /** Compiles one that was parsed. */
  public static Expression of(Expr parsed) throws ConfigException {
    return of(
        CelProtoV1Alpha1AbstractSyntaxTree.fromParsedExpr(
                ParsedExpr.newBuilder().setExpr(parsed).build())
            .getAst());
  }

  /** Compiles one that was checked for types, elsewhere and against other declarations. */
  public static Expression of(CheckedExpr checked) throws ConfigException {
    return of(checked.getExpr());
  }

  private static Expression of(CelAbstractSyntaxTree tree) throws ConfigException {
    Functions.check(tree);
    try {
      return new Expression(Language.RUNTIME.createProgram(tree));
    } catch (CelEvaluationException e) {
      throw new ConfigException("failed to create an expression: " + e.getMessage(), e);
    }
  }

  /**
   * Its value for a stream; null where there is none, as when the stream lacks what it asks for.
   */
  public @Nullable Object of(StreamInfo stream) {
    try {
      return program.eval(Attributes.of(stream));
    } catch (CelEvaluationException e) {
      return null;
    }
  }

  /** Whether it is true of a stream. */
  public boolean holds(StreamInfo stream) {
    return Boolean.TRUE.equals(of(stream));
  }
}
