package io.bifocal.dataplane.admin;

import java.util.Collection;

/** {@code /help} and {@code /}: what there is to ask. */
final class HelpPage {
  private HelpPage() {}

  static CharSequence text(Collection<Endpoint> endpoints) {
    StringBuilder out = new StringBuilder("admin commands are:\n");
    for (Endpoint endpoint : endpoints) {
      out.append("  ").append(endpoint.path()).append(endpoint.mutates() ? " (POST)" : "");
      out.append(": ").append(endpoint.help()).append('\n');
      for (Endpoint.Parameter parameter : endpoint.parameters()) {
        out.append("      ").append(parameter.name()).append(": ").append(parameter.help());
        out.append('\n');
      }
    }
    return out;
  }

  static CharSequence html(Collection<Endpoint> endpoints) {
    StringBuilder out =
        new StringBuilder(
            """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <title>Bifocal admin</title>
            <style>
            body { font-family: sans-serif; }
            td { padding: 4px; text-align: left; }
            tr:nth-child(odd) { background-color: #ddd; }
            form { margin: 0; }
            </style>
            </head>
            <body>
            <table>
            <thead><tr><th>Command</th><th>Description</th></tr></thead>
            <tbody>
            """);
    for (Endpoint endpoint : endpoints) {
      String name = endpoint.path().substring(1);
      if (name.isEmpty()) {
        continue;
      }
      out.append("<tr><td>");
      if (endpoint.mutates()) {
        out.append("<form action=\"").append(name).append("\" method=\"post\"><button>");
        out.append(name).append("</button></form>");
      } else {
        out.append("<a href=\"").append(name).append("\">").append(name).append("</a>");
      }
      out.append("</td><td>").append(escaped(endpoint.help())).append("</td></tr>\n");
    }
    return out.append("</tbody>\n</table>\n</body>\n</html>\n");
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
