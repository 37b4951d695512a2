package io.bifocal.dataplane.expression;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.CelCall;
import dev.cel.common.ast.CelExpr.ExprKind;
import dev.cel.common.navigation.CelNavigableAst;
import io.bifocal.api.ConfigException;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** What an expression may call; those of the language's definition. */
final class Functions {
  private static final Set<String> KNOWN =
      Set.of(
          "size",
          "contains",
          "startsWith",
          "endsWith",
          "matches",
          "int",
          "uint",
          "double",
          "bool",
          "string",
          "bytes",
          "timestamp",
          "duration",
          "dyn",
          "type",
          "getFullYear",
          "getMonth",
          "getDate",
          "getDayOfMonth",
          "getDayOfWeek",
          "getDayOfYear",
          "getHours",
          "getMinutes",
          "getSeconds",
          "getMilliseconds");

  private Functions() {}

  /**
   * Refuses what could never be called.
   *
   * @throws ConfigException in Envoy's words
   */
  static void check(CelAbstractSyntaxTree tree) throws ConfigException {
    List<CelCall> calls =
        CelNavigableAst.fromAst(tree)
            .getRoot()
            .allNodes()
            .filter(node -> node.getKind() == ExprKind.Kind.CALL)
            .map(node -> node.expr().call())
            .collect(Collectors.toList());
    for (CelCall call : calls) {
      String name = call.function();
      boolean operator = !Character.isLetter(name.charAt(0));
      if (!operator && !name.equals("in") && !KNOWN.contains(name)) {
        throw new ConfigException(
            "failed to create an expression: No overload found in reference resolve step for "
                + name);
      }
      if (name.equals("matches")) {
        checkPattern(call);
      }
    }
  }

  private static void checkPattern(CelCall call) throws ConfigException {
    CelExpr last = call.args().get(call.args().size() - 1);
    if (last.exprKind().getKind() != ExprKind.Kind.CONSTANT
        || last.constant().getKind() != CelConstant.Kind.STRING_VALUE) {
      return;
    }
    try {
      var unused = Pattern.compile(last.constant().stringValue());
    } catch (PatternSyntaxException e) {
      throw new ConfigException(
          "failed to create an expression: invalid regular expression: " + e.getMessage(), e);
    }
  }
}
