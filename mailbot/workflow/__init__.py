"""The walk. Each module has one public function that reads like a paragraph; transactions are opened only here."""
