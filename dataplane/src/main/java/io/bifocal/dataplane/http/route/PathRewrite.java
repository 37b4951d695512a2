package io.bifocal.dataplane.http.route;

import io.bifocal.dataplane.match.Substitution;

/** What becomes of the path before the upstream sees it; the query stays. */
public sealed interface PathRewrite {
  /**
   * The path and query as they are to be.
   *
   * @param match by which the route was found
   * @param path with its query
   * @param end where the query begins, or the path's length
   */
  String of(PathMatch match, String path, int end);

  /** {@code prefix_rewrite}: another beginning for what has matched. */
  record Prefix(String replacement) implements PathRewrite {
    @Override
    public String of(PathMatch match, String path, int end) {
      return replacement.concat(path.substring(Math.min(match.length(end), path.length())));
    }
  }

  /** {@code regex_rewrite}: wherever it matches. */
  record Regex(Substitution rule) implements PathRewrite {
    @Override
    public String of(PathMatch match, String path, int end) {
      return rule.of(path.substring(0, end)).concat(path.substring(end));
    }
  }

  /** {@code path_rewrite_policy}: a template, filled with what the matching template has caught. */
  record Template(UriTemplate.Filling filling) implements PathRewrite {
    @Override
    public String of(PathMatch match, String path, int end) {
      String filled = filling.of(path.substring(0, end));
      return filled == null ? path : filled.concat(path.substring(end));
    }
  }
}
