"""The order system as mailbot sees it: model values in and out, outcomes for effects. docs/order-system.md has the contract."""
