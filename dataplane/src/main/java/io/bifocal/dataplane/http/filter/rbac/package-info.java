/**
 * Who may do what: policies, or trees of conditions, that allow or deny requests, and connections;
 * in the shadow too, where they are only counted and told of.
 */
@NullMarked
package io.bifocal.dataplane.http.filter.rbac;

import org.jspecify.annotations.NullMarked;
