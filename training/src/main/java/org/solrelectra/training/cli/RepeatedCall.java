package org.solrelectra.training.cli;

import java.util.Set;
import java.util.regex.Pattern;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** The call of a command as a line for a POSIX shell, so that it can be made again. */
final class RepeatedCall {
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_./:=,%+@-]+");

  private RepeatedCall() {}

  /**
   * Returns the call that was parsed.
   *
   * @param without options to leave out, with their values
   * @param flag an option without value, to add if it is not there
   */
  static String of(ParseResult call, Set<String> without, String flag) {
    StringBuilder line = new StringBuilder(call.commandSpec().qualifiedName());
    for (OptionSpec option : call.matchedOptions()) {
      if (without.contains(option.longestName())) {
        continue;
      }
      line.append(' ').append(option.longestName());
      if (!option.typeInfo().isBoolean()) {
        option.originalStringValues().forEach(value -> line.append(' ').append(quoted(value)));
      }
    }
    if (!call.hasMatchedOption(flag)) {
      line.append(' ').append(flag);
    }
    return line.toString();
  }

  private static String quoted(String argument) {
    return PLAIN.matcher(argument).matches()
        ? argument
        : "'" + argument.replace("'", "'\\''") + "'";
  }
}
