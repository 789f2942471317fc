"""What every room may use: settings that people type, judged once, and files that are written whole or not at all."""
